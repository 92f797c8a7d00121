#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "object/graph.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "object/tree.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "safe/safe.h"
#include "safe/safe_writer.h"
#include "verify/repair_internal.h"
#include "verify/repair_sealed.h"

/*
 * The refs of the scopes, once all that was found is on disk: first their
 * trees, so that nothing in them leads nowhere, then what is sealed again.
 * Killed in between, the next repair seals it.
 */

#define SUBJECT "repair encrypted secrets"

static int
compare_names(const void *a, const void *b)
{
	const struct gv_ledger_change *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* A tree that is lost counts as empty. */
static int
write_tree(struct gv_ledger_edit *edit, struct gv_oid *out,
    const struct gv_oid *old, struct gv_ledger_change *changes, size_t n)
{
	int r = gv_ledger_tree(edit, out, old, changes, n);

	return r == GV_ECORRUPT || r == GV_ENOTFOUND
	    ? gv_ledger_tree(edit, out, NULL, changes, n)
	    : r;
}

static bool
is_value(const char *name)
{
	return strlen(name) > 40;
}

/* The changes of one folder, or of the top, from `from` on. */
static int
write_folder(struct gv_ledger_edit *edit, const struct gv_repair_scope *s,
    size_t from, size_t *end, struct gv_ledger_change *out)
{
	char(*name)[3] = (char(*)[3])(uintptr_t)out->name;
	struct gv_oid old = { { 0 } };
	unsigned mode;
	int r = 0;

	*end = from + 1;
	if (!is_value(s->changes[from].name)) {
		*out = s->changes[from];
		return 0;
	}
	memcpy(*name, s->changes[from].name, 2);
	while (*end < s->n && is_value(s->changes[*end].name) &&
	    strncmp(s->changes[*end].name, *name, 2) == 0)
		++*end;
	out->mode = GV_MODE_DIR;
	if (!gv_oid_is_zero(&s->root))
		r = gv_tree_find_mend(edit->odb, &s->root, *name, &mode, &old);
	if (r == GV_ECORRUPT || r == GV_ENOTFOUND)
		r = 0;
	return r < 0
	    ? r
	    : write_tree(edit, &out->oid, &old, s->changes + from, *end - from);
}

static int
write_scope(struct gv_ledger_edit *edit, struct gv_repair_scope *s)
{
	struct gv_ledger_change *folders = calloc(s->n + 1, sizeof(*folders));
	char(*names)[3] = calloc(s->n + 1, sizeof(*names));
	struct gv_ledger ledger = { .tip = s->tip };
	struct gv_buf ref = GV_BUF_INIT;
	struct gv_oid root;
	size_t at = 0, n = 0;
	int r = folders && names ? 0 : gv_err_nomem();

	if (s->n)
		qsort(s->changes, s->n, sizeof(*s->changes), compare_names);
	for (; r == 0 && at < s->n; n++) {
		folders[n].name = names[n];
		r = write_folder(edit, s, at, &at, &folders[n]);
		/* one that is lost does not go where something is in it */
		if (n && strcmp(folders[n - 1].name, folders[n].name) == 0) {
			n--;
			folders[n].oid = folders[n + 1].oid;
		}
	}
	if (r == 0)
		r = write_tree(edit, &root, &s->root, folders, n);
	gv_buf_addf(&ref, GV_REFS_SECRETS "%s", s->name);
	if (r < 0 || (r = gv_buf_check(&ref)) < 0)
		goto out;
	/* where the commits before have what is lost, none of them stays */
	r = s->has_gap || s->is_hurt || s->is_torn
	    ? gv_ledger_renew(edit, &ledger, ref.p, &root, SUBJECT)
	    : gv_ledger_step(edit, &ledger, ref.p, &root, SUBJECT);
out:
	gv_buf_release(&ref);
	free(folders);
	free(names);
	return r;
}

static bool
is_to_write(const struct gv_repair_scope *s)
{
	return s->n || s->is_torn || (s->is_hurt && !gv_oid_is_zero(&s->tip));
}

static void
tell_torn(const struct gv_repair_run *run, const struct gv_repair_scope *s,
    enum gv_repair_step_how how)
{
	struct gv_repair_step step = { .how = how };
	struct gv_buf ref = GV_BUF_INIT;

	gv_buf_addf(&ref, GV_REFS_SECRETS "%s", s->name);
	step.ref = ref.p;
	if (run->opts->stepped && gv_buf_check(&ref) == 0)
		run->opts->stepped(run->opts->ctx, &step);
	gv_buf_release(&ref);
}

/* What was lost before the tip may have been found since; and a remote may have
 * it. */
static int
judge_torn(struct gv_repair_sealed *w, struct gv_repair_scope *s)
{
	int r = s->is_torn ? gv_repair_line(w->run, &s->tip, false) : 1;

	s->is_torn = r == 0 && gv_repair_may_step(w->run);
	if (r == 0)
		tell_torn(w->run, s,
		    s->is_torn ? GV_REPAIR_STEP_SAME : GV_REPAIR_STEP_WAITS);
	return r < 0 ? r : 0;
}

static int
write_scopes(struct gv_repair_sealed *w, int64_t now)
{
	struct gv_ledger_edit edit;
	struct gv_repair_scope *s;
	bool any = false;
	int r = 0;

	for (s = w->scopes; r == 0 && s; s = s->next) {
		r = judge_torn(w, s);
		any = any || is_to_write(s);
	}
	if (r < 0 || !any)
		return r;
	r = gv_ledger_begin(&edit, w->run->repo, now);
	for (s = w->scopes; r == 0 && s; s = s->next)
		if (is_to_write(s))
			r = write_scope(&edit, s);
	if (r == 0)
		r = gv_ledger_publish(&edit);
	gv_ledger_end(&edit);
	for (s = w->scopes; r == 0 && s; s = s->next)
		if (s->n)
			(void)gv_graph_forget(w->run->repo, &s->tip, 1);
	return r;
}

static int
put_value(struct gv_repair_sealed *w, struct gv_safe_writer *writer,
    struct gv_repair_value *v)
{
	const char *scope = v->scope->name;
	struct gv_buf clear = GV_BUF_INIT;
	struct gv_digest id;
	size_t at, len;
	int r = gv_repair_value_read(&clear, &at, &len, w, v);

	if (r == 1) {
		r = v->is_dead
		    ? gv_safe_put_anew(writer, &id, scope, clear.p + at, len)
		    : gv_safe_put(writer, &id, scope, clear.p + at, len);
		r = r < 0 ? gv_repair_ref_refuse(w, v, r) : 0;
	} else if (r == 0)
		r = gv_err(GV_ERROR, "%s has changed meanwhile; repair again",
		    v->places[v->place].path);
	gv_buf_release(&clear);
	return r;
}

static int
seal_anew(struct gv_repair_sealed *w, int64_t now)
{
	struct gv_safe_opts opts = *w->run->opts->safe;
	struct gv_safe_writer *writer = NULL;
	struct gv_safe *safe = NULL;
	struct gv_ledger_edit edit;
	size_t i;
	int r = gv_ledger_begin(&edit, w->run->repo, now);

	opts.is_locked = true;
	if (r == 0 && (r = gv_safe_open(&safe, w->run->repo, &opts)) == 0 &&
	    (r = gv_safe_prepare(safe)) == 0)
		r = gv_safe_writer_new(&writer, safe, edit.lane);
	for (i = 0; r == 0 && i < w->n; i++)
		if (w->values[i]->is_anew)
			r = put_value(w, writer, w->values[i]);
	gv_safe_writer_free(writer);
	if (r < 0 || (r = gv_safe_publish(safe, edit.lane, &edit.tx)) < 0)
		goto out;
	if (edit.tx.lines.len)
		r = gv_ledger_publish(&edit);
out:
	gv_safe_close(safe);
	gv_ledger_end(&edit);
	return r;
}

int
gv_repair_sealed_write(struct gv_repair_run *run, int64_t now)
{
	struct gv_repair_sealed *w = run->sealed;
	bool any = false;
	size_t i;
	int r;

	gv_repair_value_close(w);
	/* what was just put in place is to be seen */
	gv_odb_close(run->repo->odb);
	run->repo->odb = NULL;
	r = gv_repo_odb(run->repo, &run->odb);
	if (r < 0 || w->is_held)
		return r;
	r = write_scopes(w, now);
	for (i = 0; i < w->n; i++)
		any = any || w->values[i]->is_anew;
	return r == 0 && any ? seal_anew(w, now) : r;
}
