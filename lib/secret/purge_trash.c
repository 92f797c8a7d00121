#include <stdlib.h>

#include "base/err.h"
#include "fold/fold.h"
#include "object/odb.h"
#include "object/tree.h"
#include "record/trash.h"
#include "repo/repo.h"
#include "retention/trash_write.h"
#include "secret/purge_internal.h"
#include "sys/proc.h"
#include "vault/ledger.h"

/*
 * A snapshot in the trash is not rewritten: nobody looks at it, and it would
 * come back another one than it was. One that holds what is purged is dropped.
 */

static bool
names_hit(const struct gv_purge_run *run, const char *text)
{
	struct gv_oid oid;

	for (; *text; text += strcspn(text, "\n"), text += *text == '\n')
		if (gv_oid_parse(&oid, text) == 0 && gv_purge_holds(run, &oid))
			return true;
	return false;
}

/* Whether the revision reaches an object that holds it. */
static int
holds(bool *out, const struct gv_purge_run *run, const char *revision)
{
	const char *const argv[] = { "git", "rev-list", "--objects",
		"--no-object-names", revision, "--not",
		"--exclude=refs/vault/*", "--exclude=refs/vault-remote/*",
		"--exclude=refs/vault-trash/*", "--all", NULL };
	struct gv_proc p = GV_PROC_INIT;
	int r = gv_proc_run(&p, &(struct gv_proc_opts){ .argv = argv });

	if (r == 0 && p.status)
		r = gv_err(GV_ERROR,
		    "git cannot list the objects in the trash: %s; to empty "
		    "it: git vault prune --empty-trash",
		    gv_proc_why(&p));
	*out = r == 0 && names_hit(run, p.out.p);
	gv_proc_release(&p);
	return r;
}

/* Whether the snapshot has one of the files that are to go. */
static int
has_path(bool *out, struct gv_purge_run *run, const struct gv_oid *commit)
{
	const size_t n = GV_PURGE_PATH_PLACES;
	struct gv_object obj = { 0 };
	struct gv_buf path = GV_BUF_INIT;
	struct gv_oid root, oid;
	unsigned mode;
	size_t i;
	int r = gv_odb_read_type(run->odb, &obj, commit, GV_OTYPE_COMMIT);

	*out = false;
	if (r == 0 &&
	    (obj.len < 5 + GV_OID_HEX ||
		gv_oid_parse(&root, (const char *)obj.data + 5) < 0))
		r = gv_err(GV_ECORRUPT, "a snapshot in the trash has no tree");
	for (i = 0; r == 0 && !*out && i < n * run->opts->n_paths; i++) {
		gv_buf_reset(&path);
		gv_purge_path_place(&path, i % n, run->opts->paths[i / n]);
		if ((r = gv_buf_check(&path)) == 0)
			r = gv_tree_find(run->odb, &root, path.p, &mode, &oid);
		*out = r == 0;
		r = r == GV_ENOTFOUND ? 0 : r;
	}
	gv_object_release(&obj);
	gv_buf_release(&path);
	return r;
}

static int
choose(const char **ids, size_t *n, struct gv_purge_run *run,
    const struct gv_trash *t)
{
	char hex[GV_OID_HEX + 1];
	bool any = run->opts->precious, does;
	size_t i;
	int r = 0;

	*n = 0;
	if (run->opts->n_paths)
		any = true;
	else if (!any && run->hits.n)
		r = holds(&any, run, "--glob=refs/vault-trash/*");
	for (i = 0; r == 0 && any && i < t->n; i++) {
		gv_oid_format(hex, &t->items[i].commit);
		does = run->opts->precious;
		if (run->opts->n_paths)
			r = has_path(&does, run, &t->items[i].commit);
		else if (!does)
			r = holds(&does, run, hex);
		if (r == 0 && does)
			ids[(*n)++] = t->items[i].id;
	}
	return r;
}

static int
drop(struct gv_purge_run *run, const struct gv_trash *t, const char **ids,
    size_t n)
{
	struct gv_ledger_edit edit = { 0 };
	int r = gv_ledger_begin(&edit, run->repo, run->opts->now);

	if (r == 0 && (r = gv_trash_take(&edit, t, ids, n)) == 0)
		r = gv_ledger_publish(&edit);
	gv_ledger_end(&edit);
	if (r == 0)
		gv_fold_wait(run->repo, false);
	return r;
}

int
gv_purge_trash(struct gv_purge_run *run)
{
	struct gv_trash t = { .n = 0 };
	const char **ids = NULL;
	size_t i, n = 0;
	int r = gv_trash_load(&t, run->repo, NULL);

	if (r < 0 || t.n == 0)
		goto out;
	ids = calloc(t.n, sizeof(*ids));
	if (ids == NULL) {
		r = gv_err_nomem();
		goto out;
	}
	if ((r = choose(ids, &n, run, &t)) < 0 ||
	    (n && !run->opts->dry_run && (r = drop(run, &t, ids, n)) < 0))
		goto out;
	for (i = 0; i < n; i++)
		gv_purge_tell(run,
		    &(struct gv_purge_note){
			.kind = GV_PURGE_TRASH, .snapshot = ids[i] });
out:
	free(ids);
	gv_trash_release(&t);
	return r;
}
