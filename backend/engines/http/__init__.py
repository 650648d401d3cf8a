"""What engines that ask a web server share."""
