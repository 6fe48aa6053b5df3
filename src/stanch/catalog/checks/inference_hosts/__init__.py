"""What opens the machines that hold the model in their memory."""
