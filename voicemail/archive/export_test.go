package archive

// Remake is how things come from another file system.
var Remake = remake
