"""What one must be: the shape of every unit in the catalog and of every door the engine is handed."""
