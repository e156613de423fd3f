"""The box in the owner's home: reads the cameras there, and lets nobody look unless it is sure by itself."""
