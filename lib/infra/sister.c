#include "infra/sister.h"

#include <stdbool.h>

#include "base/buf.h"
#include "infra/environment.h"

static bool
is_separator(char c)
{
	return c == '/' || c == '.' || c == '-' || c == '_';
}

void
gv_sister_fold(struct gv_buf *out, const char *path, size_t len)
{
	size_t i = 0, start;

	while (i < len) {
		for (start = i; i < len && !is_separator(path[i]); i++)
			;
		if (gv_environment_is_word(path + start, i - start))
			gv_buf_addch(out, '\1');
		else
			gv_buf_add(out, path + start, i - start);
		if (i < len)
			gv_buf_addch(out, path[i++]);
	}
}
