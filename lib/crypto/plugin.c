#include "crypto/plugin.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

/* A name goes into that of a program, so it has no slash and does not begin
 * like an option of one. */
static bool
is_of_names(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	    (c != '\0' && strchr("-_.+", c));
}

int
gv_plugin_name(char **out, const char *text, size_t len)
{
	char *name;
	size_t i;

	name = malloc(len + 1);
	if (name == NULL)
		return gv_err_nomem();
	for (i = 0; i < len; i++) {
		char c = text[i];

		name[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
		if (!is_of_names(name[i]))
			break;
	}
	name[len] = '\0';
	if (len == 0 || i < len) {
		free(name);
		return gv_err(GV_ECORRUPT,
		    "a key of a plugin whose name is not of letters, digits "
		    "and -_.+");
	}
	*out = name;
	return 0;
}
