/*
 * The program of the unit tests: `units MODULE` runs those of that module and
 * prints TAP. Without a name it lists its modules, or runs the only one.
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct unit *units;

void
unit_add(struct unit *u)
{
	u->next = units;
	units = u;
}

size_t
unit_stride(size_t all, size_t some)
{
	return getenv("GIT_VAULT_TEST_LONG") ? all : some;
}

int
main(int argc, char **argv)
{
	const struct unit *u;

	cmocka_set_message_output(CM_OUTPUT_TAP);
	if (argc < 2 && units != NULL && units->next == NULL)
		return units->run();
	for (u = units; u != NULL; u = u->next)
		if (argc < 2)
			puts(u->module);
		else if (strcmp(u->module, argv[1]) == 0)
			return u->run();
	if (argc < 2)
		return 0;
	fprintf(stderr, "%s: there is no module '%s'\n", argv[0], argv[1]);
	return 1;
}
