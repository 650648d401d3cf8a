"""The backend: the process that runs the engines, the conversation and the stage."""
