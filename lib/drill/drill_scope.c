#include <string.h>

#include "base/err.h"
#include "base/map.h"
#include "drill/drill_internal.h"
#include "object/repo_odb.h"
#include "record/record.h"
#include "record/record_resolve.h"
#include "repo/repo.h"
#include "safe/safe.h"
#include "safe/safe_reader.h"
#include "seal/withheld.h"
#include "view/revealed.h"

/*
 * Before anything is cloned: whether a key here opens one secret of each scope
 * that the snapshot has secrets of. What the remote has of them is for the
 * stages behind the clone.
 */

struct opening {
	struct gv_drill_run *run;
	struct gv_safe_reader *reader;
	struct gv_map seen;
	const char *closed; /* a scope that the drill needs, or NULL */
	size_t opened, others;
};

/* One secret of each scope; what is damaged or absent is found later. */
static int
try_one(struct opening *o, const struct gv_withheld_entry *e)
{
	const char *env = o->run->opts->env, *scope;
	int r;

	if (e->kind == GV_WITHHELD_STATE ||
	    gv_map_get(&o->seen, e->scope, strlen(e->scope)))
		return 0;
	scope = gv_drill_text(o->run->drill, "%s", e->scope);
	if (scope == NULL)
		return GV_ENOMEM;
	r = gv_map_put(&o->seen, scope, strlen(scope), o);
	if (r < 0)
		return r;
	r = gv_safe_hold(o->reader, e->scope, &e->place.id);
	if (r == GV_ENOKEY && (env == NULL || strcmp(env, scope) == 0))
		o->closed = o->closed ? o->closed : scope;
	else if (r == GV_ENOKEY)
		o->others++;
	else if (r == 0)
		o->opened++;
	return r == GV_ENOMEM || r == GV_ECANCELED ? r : 0;
}

static int
try_all(struct opening *o, struct gv_odb *odb, const struct gv_record *rec)
{
	const struct gv_revealed_file *file;
	struct gv_revealed *list;
	size_t i, k;
	int r = gv_revealed_load(&list, odb, rec, GV_REVEALED_TREE);

	/* a list that cannot be read here is perhaps intact on the remote */
	if (r == GV_ECORRUPT || r == GV_ENOTFOUND)
		return 0;
	for (i = 0; r == 0 && (file = gv_revealed_at(list, i)); i++)
		for (k = 0; r == 0 && k < file->n; k++)
			r = try_one(o, &file->entries[k]);
	gv_revealed_free(list);
	return r;
}

static int
open_safe(struct gv_safe **out, struct gv_drill_run *run)
{
	return gv_safe_open(out, run->repo,
	    &(struct gv_safe_opts){ .now = run->opts->now,
		.identities = &run->identity,
		.n_identities = run->identity ? 1 : 0 });
}

static int
judge(struct opening *o, struct gv_drill_step *step)
{
	struct gv_drill *d = o->run->drill;

	if (o->closed)
		return gv_drill_fail_as(o->run, step, "wrong_recipient",
		    gv_drill_text(
			d, "no key here opens the secrets of %s", o->closed),
		    NULL);
	o->run->key_detail = o->others
	    ? gv_drill_text(d,
		  "a key that opens %zu scope%s, and not %zu other%s",
		  o->opened, o->opened == 1 ? "" : "s", o->others,
		  o->others == 1 ? "" : "s")
	    : o->opened == 0
	    ? "a key"
	    : gv_drill_text(d, "a key that opens %s",
		  o->opened == 1 ? "its scope" : "all its scopes");
	return o->run->key_detail ? 0 : GV_ENOMEM;
}

int
gv_drill_open_scopes(struct gv_drill_run *run, struct gv_drill_step *step)
{
	struct opening o = { .run = run, .seen = GV_MAP_INIT };
	struct gv_safe *safe = NULL;
	struct gv_record rec;
	struct gv_odb *odb;
	int r = gv_record_resolve(&rec, run->repo,
	    &(struct gv_record_query){ .text = run->drill->snapshot });

	if (r < 0)
		return r;
	if ((r = gv_repo_odb(run->repo, &odb)) == 0 &&
	    (r = open_safe(&safe, run)) == 0 &&
	    (r = gv_safe_reader_new(&o.reader, safe)) == 0 &&
	    (r = try_all(&o, odb, &rec)) == 0)
		r = judge(&o, step);
	gv_safe_reader_free(o.reader);
	gv_safe_close(safe);
	gv_map_release(&o.seen);
	gv_record_release(&rec);
	return r;
}
