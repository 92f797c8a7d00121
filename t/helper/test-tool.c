#include "helper/test-tool.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *name, *usage;
	int (*run)(int argc, char **argv);
} cmds[] = {
	{ "edit", "SEED COUNT", cmd_edit },
	{ "manifest", "TREE", cmd_manifest },
	{ "odb", "OBJECTS-DIR read|stream|header|has|place <ids", cmd_odb },
	{ "pack", "[-j THREADS] [-l] [-d] [-n] [-k] OBJECTS-DIR <paths",
	    cmd_pack },
};

#define N_CMDS (sizeof(cmds) / sizeof(cmds[0]))

int
main(int argc, char **argv)
{
	size_t i;

	for (i = 0; argc > 1 && i < N_CMDS; i++)
		if (strcmp(cmds[i].name, argv[1]) == 0)
			return cmds[i].run(argc - 1, argv + 1);
	for (i = 0; i < N_CMDS; i++)
		fprintf(stderr, "usage: test-tool %s %s\n", cmds[i].name,
		    cmds[i].usage);
	return 129;
}
