#include "serve/serve_names.h"

#include <stdint.h>
#include <string.h>

#include "base/buf.h"

static const char withheld[] = "withheld", given[] = "given";

/* Spring's uniform form: letters and digits in lower case, between dots; the
 * numbers of lists stay as they are. */
static void
add_uniform(struct gv_buf *out, const char *name)
{
	for (; *name; name++)
		if (*name >= 'A' && *name <= 'Z')
			gv_buf_addch(out, (char)(*name + ('a' - 'A')));
		else if (*name != '-' && *name != '_')
			gv_buf_addch(out, *name);
}

static int
note(struct gv_serve_names *n, const struct gv_buf *name, bool is_withheld)
{
	const char *key = gv_arena_copy(&n->arena, name->p, name->len);

	return key ? gv_map_put(&n->seen, key, name->len,
			 (void *)(uintptr_t)(is_withheld ? withheld : given))
		   : -1;
}

bool
gv_serve_names_take(
    struct gv_serve_names *names, const char *name, bool is_withheld)
{
	struct gv_buf uniform = GV_BUF_INIT;
	const char *had = NULL;

	add_uniform(&uniform, name);
	if (gv_buf_check(&uniform) < 0)
		names->failed = true;
	else
		had = gv_map_get(&names->seen, uniform.p, uniform.len);
	if (had == NULL && !names->failed &&
	    note(names, &uniform, is_withheld) < 0)
		names->failed = true;
	gv_buf_release(&uniform);
	return !names->failed && !is_withheld && had != withheld;
}

void
gv_serve_names_release(struct gv_serve_names *names)
{
	gv_map_release(&names->seen);
	gv_arena_release(&names->arena);
}
