"""Host side of aidevcontainer: the code behind the commands in `.aidevcontainer/`."""
