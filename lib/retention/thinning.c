#include "retention/thinning.h"

#include <string.h>

#include "autosave/autosave.h"
#include "policy/classes.h"

#if GV_THIN_SPANS != GV_CLASSES_KEEP
#error "they are the same spans"
#endif

static enum gv_class
class_of(void *ctx, const char *path, size_t len)
{
	return gv_classes_of(ctx, path, len, NULL);
}

int
gv_thinning_apply(size_t *n, struct gv_repo *repo, int64_t now)
{
	struct gv_classes classes;
	struct gv_autosave_rules rules = { .class_of = class_of,
		.ctx = &classes };
	int r = gv_classes_load(&classes, repo);

	*n = 0;
	memcpy(rules.of, classes.keep, sizeof(rules.of));
	if (r == 0)
		r = gv_autosave_tidy(n, repo, &rules, now);
	gv_classes_release(&classes);
	return r;
}
