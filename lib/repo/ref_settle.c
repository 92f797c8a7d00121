#include <string.h>

#include "base/err.h"
#include "repo/ref_internal.h"

int
gv_ref_step_parse(struct gv_ref_step *step, const char *line)
{
	const char *name = strchr(line, ' ') + 1;
	const char *ids = name + strcspn(name, " ");
	struct gv_oid *first = &step->to;

	memset(&step->from, 0, sizeof(step->from));
	memset(&step->to, 0, sizeof(step->to));
	gv_buf_reset(&step->name);
	gv_buf_add(&step->name, name, (size_t)(ids - name));
	if (*line == 'd' || *line == 'v')
		first = &step->from;
	if (gv_buf_check(&step->name) < 0 || gv_oid_parse(first, ids + 1) < 0)
		return GV_ERROR;
	if (*line == 'u')
		return gv_oid_parse(&step->from, ids + GV_OID_HEX + 2);
	if (*line == 'v')
		step->to = step->from;
	return 0;
}

static enum gv_ref_moved
compare(const struct gv_refs *refs, const struct gv_buf *lines)
{
	const char *p = lines->p, *end = lines->p + lines->len;
	struct gv_ref_step step = { .name = GV_BUF_INIT };
	bool none = true, all = true;

	for (; p < end; p = (const char *)memchr(p, '\n', end - p) + 1) {
		static const struct gv_oid zero;
		const struct gv_oid *now = &zero;
		const struct gv_ref *ref;

		if (gv_ref_step_parse(&step, p) < 0) {
			none = all = false;
			break;
		}
		ref = gv_refs_find(refs, step.name.p);
		if (ref)
			now = &ref->oid;
		/* it may have gone on from there by another hand, so that what
		 * is neither the one nor the other tells nothing */
		none &= gv_oid_equal(now, &step.from);
		all &= gv_oid_equal(now, &step.to);
	}
	gv_buf_release(&step.name);
	if (all)
		return GV_REF_MOVED_ALL;
	return none ? GV_REF_MOVED_NONE : GV_REF_MOVED_SOME;
}

enum gv_ref_moved
gv_ref_settle(const struct gv_ref_tx *tx, const struct gv_repo *repo)
{
	enum gv_ref_moved moved = GV_REF_MOVED_SOME;
	char *why = gv_err_save();
	struct gv_refs refs = { 0 };

	if (gv_ref_list(&refs, repo, "") == 0)
		moved = compare(&refs, &tx->lines);
	gv_refs_release(&refs);
	gv_err_restore(why);
	return moved;
}
