/*
 * What the fault library is proved on: replaces a file as a whole.
 *
 *	replace FILE TEXT
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "sys/file.h"

int
main(int argc, char **argv)
{
	if (argc != 3)
		return 129;
	if (gv_file_replace(
		AT_FDCWD, argv[1], argv[2], strlen(argv[2]), 0666, true) == 0)
		return 0;
	fprintf(stderr, "replace: %s\n", gv_err_message());
	return 128;
}
