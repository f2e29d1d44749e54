"""The languages and libraries that code is written for, a file each."""
