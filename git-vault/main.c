#include <stdio.h>

int
main(void)
{
	puts("git-vault version " PACKAGE_VERSION);
	return 0;
}
