"""Host side of aidevcontainer: the code behind the helper scripts."""
