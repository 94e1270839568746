"""What a project wants removed from its recordings before they touch a disk, and the removing."""
