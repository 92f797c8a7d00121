#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "drill/drill_internal.h"

int
gv_drill_list(struct gv_drill_tree *t, struct gv_drill_run *run)
{
	static const char *const args[] = { "ls-files", "-z", "--cached",
		"--others", "--deduplicate", NULL };
	const char *at;
	int r = gv_drill_git(&t->text, run, args);

	if (r != 0)
		return r < 0 ? r
			     : gv_err(GV_ERROR,
				   "git cannot list the files of the clone");
	for (at = t->text.p; at < t->text.p + t->text.len;
	     at += strlen(at) + 1) {
		if (GV_GROW(t->paths, t->n, t->cap) < 0)
			return GV_ENOMEM;
		t->paths[t->n++] = at;
	}
	return 0;
}

void
gv_drill_tree_release(struct gv_drill_tree *t)
{
	free(t->paths);
	gv_buf_release(&t->text);
}

int
gv_drill_note(struct gv_drill *d, const struct gv_drill_validation *v)
{
	if (v->validator == NULL || v->path == NULL || v->detail == NULL ||
	    GV_GROW(d->validations, d->n_validations, d->cap) < 0)
		return GV_ENOMEM;
	d->validations[d->n_validations++] = *v;
	return 0;
}
