"""Threads that several machines share: the merge of two versions, git, and files of cloud drives."""
