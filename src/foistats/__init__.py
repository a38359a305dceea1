"""foistats: checked, versioned statistical reports from Freedom of Information answers."""

__version__ = "0.1.0"
