"""The perimeter: what lies, is copied, is sent or is served outside of where our data may be."""
