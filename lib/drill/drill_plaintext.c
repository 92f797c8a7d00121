#include <string.h>

#include "base/err.h"
#include "drill/drill_internal.h"

/*
 * Whether the snapshot stores a secret in clear: one of its own, in a place
 * where it is not encrypted, or one that the scanner knows. Files are searched
 * as the restore found them, with placeholders for what is encrypted.
 */

#define NAMED 3 /* findings that are named */

static const struct gv_unjson_node *
list_of(const struct gv_answer *a, const char *key)
{
	return a->doc ? gv_unjson_get(gv_unjson_root(a->doc), key) : NULL;
}

static uint64_t
count(const struct gv_unjson_node *list)
{
	const struct gv_unjson_node *one;
	uint64_t n = 0;

	for (one = list ? list->first : NULL; one; one = one->next)
		n++;
	return n;
}

/* "notes.txt:3 (encrypted-secret)": never anything of the value. */
static void
add_place(struct gv_buf *out, const struct gv_unjson_node *finding)
{
	const char *path = gv_unjson_get_text(finding, "path");
	const char *rule = gv_unjson_get_text(finding, "rule");
	const int64_t line = gv_unjson_count(gv_unjson_get(finding, "line"));

	gv_buf_addf(out, "%s%s:%lld (%s)", out->len ? ", " : "",
	    path ? path : "?", (long long)line, rule ? rule : "?");
}

static int
fail_found(struct gv_drill_run *run, struct gv_drill_step *step,
    const struct gv_unjson_node *list)
{
	const struct gv_unjson_node *one = list->first;
	struct gv_buf places = GV_BUF_INIT;
	const char *detail = NULL;
	const char *next = gv_drill_text(
	    run->drill, "git vault scan --stored %s", run->drill->snapshot);
	uint64_t n = 0;

	for (; one && n < NAMED; one = one->next, n++)
		add_place(&places, one);
	if (run->drill->clear > n)
		gv_buf_addf(&places, ", and %llu more",
		    (unsigned long long)(run->drill->clear - n));
	if (gv_buf_check(&places) == 0)
		detail = gv_drill_text(run->drill, "in clear in %s", places.p);
	gv_buf_release(&places);
	return detail && next
	    ? gv_drill_fail_as(run, step, "plaintext_secret", detail, next)
	    : GV_ENOMEM;
}

int
gv_drill_plaintext(struct gv_drill_run *run, struct gv_drill_step *step)
{
	const char *const args[] = { "scan", "--stored", run->drill->snapshot,
		NULL };
	const struct gv_unjson_node *found;
	struct gv_answer a;
	uint64_t unread;
	int r = gv_drill_ask(&a, run, args);

	if (r < 0)
		return r;
	found = list_of(&a, "findings");
	run->drill->clear = count(found);
	unread = count(list_of(&a, "unreadable"));
	if (a.status == 1 && run->drill->clear) {
		r = fail_found(run, step, found);
	} else if (a.status != 0 && a.status != 3) {
		r = gv_drill_fail_by(run, step, &a);
	} else {
		step->result = GV_DRILL_PASSED;
		step->detail = unread
		    ? gv_drill_text(run->drill,
			  "no secret is in clear; %llu secrets or files were "
			  "not searched for",
			  (unsigned long long)unread)
		    : "no secret is in clear where it should not be";
		r = step->detail ? 0 : GV_ENOMEM;
	}
	gv_answer_release(&a);
	return r;
}
