#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "object/link.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "object/tree.h"
#include "record/good.h"
#include "record/record_filter.h"
#include "record/record_load.h"
#include "record/record_resolve.h"
#include "record/tombstone.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "seal/withheld.h"
#include "state/track.h"
#include "sync/bundle_internal.h"
#include "vault/label.h"
#include "vault/note.h"

/*
 * What travels by a sync goes into a bundle, too, less what the user leaves
 * out; keyring, marks and tombstones go along always, as there. What the basis
 * has under the same name is listed in the manifest and left out of the bundle.
 */

struct choosing {
	struct gv_bundle_manifest *out;
	struct gv_repo *repo;
	const struct gv_bundle_write_opts *opts;
	const struct gv_bundle_manifest *basis; /* NULL: none */
	struct gv_refs refs;
	struct gv_records records; /* only where they are asked */
	struct gv_map by_id;       /* of those that time and environments let */
	char **picks;              /* patterns of refs */
	size_t n_picks, cap_picks;
};

/* ---- what the user picks ------------------------------------------------ */

static bool
is_pattern(const char *pick)
{
	static const char *const fronts[] = { "refs/", "state/", "snapshots/",
		"secrets/", "good/", "reports/", "config/", "audit/",
		"notes/" };
	size_t i;

	for (i = 0; i < sizeof(fronts) / sizeof(fronts[0]); i++)
		if (strncmp(pick, fronts[i], strlen(fronts[i])) == 0)
			return true;
	return strpbrk(pick, "*?[") != NULL;
}

static int
read_pick(char **out, struct gv_repo *repo, const char *pick)
{
	struct gv_record rec = { 0 };
	struct gv_buf text = GV_BUF_INIT;
	int r = 0;

	if (is_pattern(pick)) {
		gv_buf_addstr(&text, pick);
	} else {
		r = gv_record_resolve(
		    &rec, repo, &(struct gv_record_query){ .text = pick });
		gv_buf_addf(&text, "snapshots/%s", rec.id);
	}
	if (r == 0) {
		*out = gv_buf_take(&text);
		r = *out ? 0 : GV_ENOMEM;
	}
	gv_buf_release(&text);
	gv_record_release(&rec);
	return r;
}

static int
read_picks(struct choosing *c)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < c->opts->n_picks; i++) {
		if ((r = GV_GROW(c->picks, c->n_picks, c->cap_picks)) == 0)
			r = read_pick(&c->picks[i], c->repo, c->opts->picks[i]);
		c->n_picks += r == 0;
	}
	return r;
}

/* A word that leads to nothing is a slip, and a backup is no place for one. */
static int
check_picks(const struct choosing *c)
{
	const char *const *picks = (const char *const *)c->picks;
	size_t i, k;
	bool is_always;

	for (i = 0; i < c->n_picks; i++) {
		for (k = 0; k < c->refs.n; k++)
			if (gv_sync_travels(&is_always, c->refs.refs[k].name,
				&picks[i], 1) &&
			    !is_always)
				break;
		if (k == c->refs.n)
			return gv_err(GV_EUSAGE,
			    "there is no ref of the vault that matches '%s'; "
			    "`git for-each-ref refs/vault` lists them",
			    c->picks[i]);
	}
	return 0;
}

/* ---- snapshots ---------------------------------------------------------- */

static bool
is_of_envs(const struct choosing *c, char *const *names, size_t n)
{
	size_t i, k;

	for (i = 0; i < c->opts->n_envs; i++)
		for (k = 0; k < n; k++)
			if (strcmp(c->opts->envs[i], names[k]) == 0)
				return true;
	return c->opts->n_envs == 0;
}

/* Whether a name is DIR/ENV/…, or that itself, of one of the environments. */
static bool
is_below(const struct choosing *c, const char *ref, const char *dir)
{
	size_t i, n = strlen(dir), len;

	if (strncmp(ref, dir, n) != 0)
		return false;
	for (i = 0; i < c->opts->n_envs; i++) {
		len = strlen(c->opts->envs[i]);
		if (strncmp(ref + n, c->opts->envs[i], len) == 0 &&
		    (ref[n + len] == '/' || ref[n + len] == '\0'))
			return true;
	}
	return false;
}

/* What the known-good records of the environments are of, one of them after the
 * other. Those that are damaged say nothing of it. */
static int
find_good(struct gv_oid **out, size_t *n, const struct choosing *c)
{
	struct gv_odb *odb;
	enum gv_otype type;
	size_t i, cap = 0;
	int r = gv_repo_odb(c->repo, &odb);

	for (i = 0; r == 0 && i < c->refs.n; i++) {
		struct gv_oid id = c->refs.refs[i].oid;

		if (!is_below(c, c->refs.refs[i].name, GV_REFS_GOOD))
			continue;
		if ((r = gv_link_peel(&id, &type, odb)) == 0 &&
		    (r = gv_vec_grow(
			 (void **)out, &cap, *n + 1, sizeof(**out))) == 0)
			(*out)[(*n)++] = id;
		else if (r != GV_ENOMEM)
			r = 0;
	}
	return r;
}

static bool
is_among(const struct gv_oid *ids, size_t n, const struct gv_oid *id)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (gv_oid_equal(&ids[i], id))
			return true;
	return false;
}

static int
read_snapshots(struct choosing *c)
{
	struct gv_record_filter filter = { .since = c->opts->since };
	struct gv_oid *good = NULL;
	size_t i, n_good = 0;
	int r;

	if (c->opts->since == NULL && c->opts->n_envs == 0)
		return 0;
	if ((r = gv_record_filter_init(&filter)) == 0 &&
	    (r = gv_records_recall(&c->records, c->repo, NULL)) == 0)
		r = find_good(&good, &n_good, c);
	for (i = 0; r == 0 && i < c->records.n; i++) {
		const struct gv_record *rec = &c->records.records[i];

		if (gv_record_filter_takes(&filter, rec) &&
		    (is_of_envs(c, rec->environments, rec->n_environments) ||
			is_among(good, n_good, &rec->commit)))
			r = gv_map_put(
			    &c->by_id, rec->id, strlen(rec->id), (void *)rec);
	}
	free(good);
	gv_record_filter_release(&filter);
	return r;
}

static bool
is_snapshot(const char *ref)
{
	return strncmp(ref, GV_REFS_SNAPSHOTS, strlen(GV_REFS_SNAPSHOTS)) == 0;
}

/* Those that are deleted, of which another clone brought the ref back, are
 * taken out of the list. */
static int
drop_deleted(struct choosing *c)
{
	struct gv_refs some = { .n = 0 };
	struct gv_oid tip;
	struct gv_odb *odb;
	size_t first = 0, live = 0, n;
	int r = gv_ref_find(&tip, c->repo, GV_REF_DELETED);

	while (first < c->refs.n && !is_snapshot(c->refs.refs[first].name))
		first++;
	for (n = first; n < c->refs.n && is_snapshot(c->refs.refs[n].name); n++)
		;
	n -= first;
	if (r < 0 || n == 0 || gv_oid_is_zero(&tip))
		return r;
	some.n = n;
	some.refs = calloc(n, sizeof(*some.refs));
	if (some.refs == NULL)
		return gv_err_nomem();
	memcpy(some.refs, c->refs.refs + first, n * sizeof(*some.refs));
	if ((r = gv_repo_odb(c->repo, &odb)) == 0 &&
	    (r = gv_tombstone_split(&some, &live, odb, &tip)) == 0) {
		memcpy(
		    c->refs.refs + first, some.refs, live * sizeof(*some.refs));
		memmove(c->refs.refs + first + live, c->refs.refs + first + n,
		    (c->refs.n - first - n) * sizeof(*some.refs));
		c->refs.n -= n - live;
	}
	free(some.refs);
	return r;
}

/* ---- which refs --------------------------------------------------------- */

static bool
is_let(const struct choosing *c, const char *ref)
{
	if (is_snapshot(ref) && (c->opts->since || c->opts->n_envs)) {
		const char *id = ref + strlen(GV_REFS_SNAPSHOTS);

		return gv_map_get(&c->by_id, id, strlen(id)) != NULL;
	}
	return c->opts->n_envs == 0 || is_below(c, ref, GV_REFS_STATES) ||
	    is_below(c, ref, GV_REFS_GOOD) ||
	    is_below(c, ref, GV_REFS_SECRETS) ||
	    strcmp(ref, "refs/vault/secrets/shared") == 0;
}

/* Whether there is anything of an environment. */
static bool
is_there(const struct choosing *c, const char *env)
{
	static const char *const dirs[] = { GV_REFS_STATES, GV_REFS_GOOD,
		GV_REFS_SECRETS };
	size_t i, k, n, len = strlen(env);

	for (i = 0; i < c->refs.n; i++)
		for (k = 0; k < sizeof(dirs) / sizeof(dirs[0]); k++) {
			const char *ref = c->refs.refs[i].name;

			n = strlen(dirs[k]);
			if (strncmp(ref, dirs[k], n) == 0 &&
			    strncmp(ref + n, env, len) == 0 &&
			    (ref[n + len] == '/' || ref[n + len] == '\0'))
				return true;
		}
	for (i = 0; i < c->records.n; i++)
		for (k = 0; k < c->records.records[i].n_environments; k++)
			if (strcmp(c->records.records[i].environments[k],
				env) == 0)
				return true;
	return false;
}

static int
check_envs(const struct choosing *c)
{
	size_t i;

	for (i = 0; i < c->opts->n_envs; i++)
		if (!is_there(c, c->opts->envs[i]))
			return gv_err(GV_EUSAGE,
			    "nothing in the vault belongs to the environment "
			    "'%s': no state, no known-good record, no secret "
			    "and no snapshot",
			    c->opts->envs[i]);
	return 0;
}

/* ---- what picked snapshots need ----------------------------------------- */

/* Unless it is picked already. */
static int
pick_scope(struct choosing *c, const char *scope)
{
	struct gv_buf text = GV_BUF_INIT;
	size_t i;
	int r;

	gv_buf_addf(&text, "secrets/%s", scope);
	r = gv_buf_check(&text);
	for (i = 0; r == 0 && i < c->n_picks; i++)
		if (strcmp(c->picks[i], text.p) == 0) {
			gv_buf_release(&text);
			return 0;
		}
	if (r == 0 && (r = GV_GROW(c->picks, c->n_picks, c->cap_picks)) == 0) {
		c->picks[c->n_picks] = gv_buf_take(&text);
		r = c->picks[c->n_picks] ? 0 : GV_ENOMEM;
	}
	c->n_picks += r == 0;
	gv_buf_release(&text);
	return r;
}

static int
pick_of_list(struct choosing *c, struct gv_odb *odb, const struct gv_oid *list)
{
	struct gv_withheld_iter it = { .line = 0 };
	struct gv_withheld_entry e;
	struct gv_object text = { 0 };
	int r = gv_odb_read_type(odb, &text, list, GV_OTYPE_BLOB);

	if (r == 0)
		r = gv_withheld_open(&it, (const char *)text.data, text.len);
	while (r == 0 && (r = gv_withheld_next(&it, &e)) > 0)
		r = pick_scope(c, e.scope);
	gv_withheld_close(&it);
	gv_object_release(&text);
	return r;
}

static int
pick_of_snapshot(
    struct choosing *c, struct gv_odb *odb, const struct gv_ref *ref)
{
	static const char *const lists[] = { "secrets", "index-secrets",
		"meta-secrets" };
	struct gv_record rec = { 0 };
	struct gv_oid list;
	unsigned mode;
	size_t i;
	int r = gv_record_load(&rec, c->repo, &ref->oid);

	for (i = 0; r == 0 && i < sizeof(lists) / sizeof(lists[0]); i++) {
		if ((r = gv_tree_find(
			 odb, &rec.meta, lists[i], &mode, &list)) == 0)
			r = pick_of_list(c, odb, &list);
		else if (r == GV_ENOTFOUND)
			r = 0;
	}
	gv_record_release(&rec);
	return r < 0 ? gv_err_in(r, "%s", ref->name) : 0;
}

/* A snapshot whose sealed values stay behind is opened by no key. */
static int
pick_scopes(struct choosing *c)
{
	bool is_always;
	size_t i;
	struct gv_odb *odb;
	int r = gv_repo_odb(c->repo, &odb);

	for (i = 0; r == 0 && c->n_picks && i < c->refs.n; i++) {
		const struct gv_ref *ref = &c->refs.refs[i];

		if (is_snapshot(ref->name) && is_let(c, ref->name) &&
		    gv_sync_travels(&is_always, ref->name,
			(const char *const *)c->picks, c->n_picks))
			r = pick_of_snapshot(c, odb, ref);
	}
	return r;
}

/* ---- and all of them ---------------------------------------------------- */

static int
take_refs(struct choosing *c)
{
	bool is_always = false;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < c->refs.n; i++) {
		const struct gv_ref *ref = &c->refs.refs[i];
		const struct gv_bundle_ref *had = c->basis
		    ? gv_bundle_manifest_find(c->basis, ref->name)
		    : NULL;
		bool is_in = had == NULL || !gv_oid_equal(&had->id, &ref->oid);

		if (!gv_sync_travels(&is_always, ref->name,
			(const char *const *)c->picks, c->n_picks) ||
		    (!is_always && !is_let(c, ref->name)))
			continue;
		r = gv_bundle_manifest_add(c->out, ref->name, &ref->oid, is_in);
		c->out->snapshots += is_in && is_snapshot(ref->name);
	}
	return r;
}

static int
add_branch(struct choosing *c, const char *name, const struct gv_oid *id)
{
	const struct gv_bundle_ref *had =
	    c->basis ? gv_bundle_manifest_find(c->basis, name) : NULL;

	return gv_bundle_manifest_add(
	    c->out, name, id, had == NULL || !gv_oid_equal(&had->id, id));
}

/* With the branches and HEAD, `git clone` makes a working tree of the bundle.
 * Who picks some of the vault gets no more than that. */
static int
take_branches(struct choosing *c)
{
	struct gv_refs refs = { .n = 0 };
	size_t i;
	int r;

	if (c->opts->since || c->opts->n_envs || c->opts->n_picks)
		return 0;
	if ((r = gv_ref_list(&refs, c->repo, GV_REFS_HEADS)) < 0)
		return r;
	for (i = 0; r == 0 && i < refs.n; i++)
		r = add_branch(c, refs.refs[i].name, &refs.refs[i].oid);
	if (r == 0 && !gv_oid_is_zero(&c->repo->head))
		r = add_branch(c, "HEAD", &c->repo->head);
	gv_refs_release(&refs);
	return r;
}

/* ---- what must be there before ------------------------------------------ */

static void
add_line(struct gv_buf *out, const char *front, const struct gv_oid *id)
{
	char hex[GV_OID_HEX + 1];

	gv_oid_format(hex, id);
	gv_buf_addf(out, "%s%s\n", front, hex);
}

/* Snapshots do not hang on each other, so of one git takes all for new that no
 * commit has. What the newest of the basis has is left out, too, and then that
 * one is needed. NULL: there is no snapshot, or none new. */
static const struct gv_bundle_ref *
neighbour(const struct gv_bundle_manifest *m)
{
	const struct gv_bundle_ref *newest = NULL;
	size_t i;

	for (i = 0; m->snapshots && i < m->n_refs; i++)
		if (!m->refs[i].is_in && is_snapshot(m->refs[i].name) &&
		    (newest == NULL ||
			strcmp(m->refs[i].name, newest->name) > 0))
			newest = &m->refs[i];
	return newest;
}

/* What the basis had and is not here any more can leave nothing out, and no
 * branch of it does: whoever imported the basis does not have its branches. */
int
gv_bundle_choose_list(struct gv_buf *out, struct gv_repo *repo,
    const struct gv_bundle_manifest *m, const struct gv_bundle_manifest *basis)
{
	const struct gv_bundle_ref *beside = basis ? neighbour(m) : NULL;
	char hex[GV_OID_HEX + 1];
	struct gv_odb *odb;
	size_t i;
	int r = gv_repo_odb(repo, &odb);

	if (beside) {
		gv_oid_format(hex, &beside->id);
		gv_buf_addf(out, "^%s^{tree}\n", hex);
	}
	for (i = 0; r == 0 && i < m->n_refs; i++)
		if (m->refs[i].is_in)
			add_line(out, "", &m->refs[i].id);
	for (i = 0; r == 0 && basis && i < basis->n_refs; i++)
		if (!gv_bundle_manifest_is_branch(basis->refs[i].name) &&
		    gv_odb_has(odb, &basis->refs[i].id))
			add_line(out, "^", &basis->refs[i].id);
	return r < 0 ? r : gv_buf_check(out);
}

static int
run(struct gv_proc *p, const struct gv_scratch *s, const char *const *argv,
    const struct gv_buf *in)
{
	int r = gv_scratch_git(p, s, argv, in);

	if (r == 0 && p->status)
		r = gv_err(GV_ERROR,
		    "git cannot list the commits for the bundle: %s",
		    gv_proc_why(p));
	return r;
}

/* The commits that refs of the bundle lead to. */
static int
list_tips(
    struct gv_proc *p, const struct choosing *c, const struct gv_scratch *s)
{
	static const char *const argv[] = { "git", "rev-list",
		"--no-walk=unsorted", "--stdin", NULL };
	struct gv_buf in = GV_BUF_INIT;
	int r = gv_bundle_choose_list(&in, c->repo, c->out, NULL);

	if (r == 0 && in.len)
		r = run(p, s, argv, &in);
	gv_buf_release(&in);
	return r;
}

/* Of the lines of a list those that the map lacks; of the commits that are
 * packed, those behind which it stops, which git marks by '-'. */
static int
sort_lines(struct gv_map *packed, struct gv_bundle_ids *needs, const char *text)
{
	const char *p;
	struct gv_oid id;
	int r = 0;

	for (p = text; r == 0 && *p; p += strcspn(p, "\n"), p += *p == '\n') {
		if (gv_oid_parse(&id, p + (*p == '-')) < 0)
			continue;
		if (*p == '-')
			r = gv_bundle_manifest_add_id(needs, &id);
		else
			r = gv_map_put(packed, p, GV_OID_HEX, (void *)p);
	}
	return r;
}

/* A ref may also have moved to a commit that the basis has: git bundle would
 * leave that one out. */
static int
add_needs(struct choosing *c, const struct gv_scratch *s)
{
	static const char *const argv[] = { "git", "rev-list", "--boundary",
		"--stdin", NULL };
	struct gv_proc packed = GV_PROC_INIT, tips = GV_PROC_INIT;
	const struct gv_bundle_ref *beside = neighbour(c->out);
	struct gv_map map = GV_MAP_INIT;
	struct gv_buf in = GV_BUF_INIT;
	const char *p;
	struct gv_oid id;
	int r;

	if ((r = gv_bundle_choose_list(&in, c->repo, c->out, c->basis)) < 0)
		goto out;
	if (in.len && (r = run(&packed, s, argv, &in)) < 0)
		goto out;
	if ((r = sort_lines(&map, &c->out->needs, packed.out.p)) < 0 ||
	    (r = list_tips(&tips, c, s)) < 0)
		goto out;
	for (p = tips.out.p; r == 0 && *p;
	     p += strcspn(p, "\n"), p += *p == '\n')
		if (gv_map_get(&map, p, GV_OID_HEX) == NULL &&
		    gv_oid_parse(&id, p) == 0)
			r = gv_bundle_manifest_add_id(&c->out->needs, &id);
	if (r < 0)
		goto out;
	if (beside)
		r = gv_bundle_manifest_add_id(&c->out->needs, &beside->id);
out:
	gv_map_release(&map);
	gv_buf_release(&in);
	gv_proc_release(&packed);
	gv_proc_release(&tips);
	return r;
}

static int
add_roots(struct choosing *c, const struct gv_scratch *s)
{
	char head[GV_OID_HEX + 1];
	const char *const argv[] = { "git", "rev-list", "--max-parents=0", head,
		NULL };
	struct gv_proc p = GV_PROC_INIT;
	const char *line;
	struct gv_oid id;
	int r = 0;

	gv_oid_format(head, &c->repo->head);
	if (!gv_oid_is_zero(&c->repo->head))
		r = run(&p, s, argv, NULL);
	for (line = p.out.p; r == 0 && *line;
	     line += strcspn(line, "\n"), line += *line == '\n')
		if (gv_oid_parse(&id, line) == 0)
			r = gv_bundle_manifest_add_id(&c->out->roots, &id);
	gv_proc_release(&p);
	return r;
}

/* ---- all of it ---------------------------------------------------------- */

static int
check_basis(const struct choosing *c)
{
	struct gv_odb *odb;
	size_t i;
	int r = gv_repo_odb(c->repo, &odb);

	for (i = 0; r == 0 && i < c->basis->n_refs; i++)
		if (!gv_bundle_manifest_is_branch(c->basis->refs[i].name) &&
		    gv_odb_has(odb, &c->basis->refs[i].id))
			return 0;
	return r < 0
	    ? r
	    : gv_err(GV_EREFUSED,
		  "nothing of the basis is in this clone: it belongs to "
		  "another vault");
}

int
gv_bundle_choose(struct gv_bundle_written *out, const struct gv_scratch *s,
    const struct gv_bundle_write_opts *opts,
    const struct gv_bundle_manifest *basis)
{
	static const char *const notes[] = { GV_REF_NOTES, NULL };
	struct choosing c = { .out = &out->manifest,
		.repo = s->repo,
		.opts = opts,
		.basis = basis,
		.by_id = GV_MAP_INIT };
	size_t i;
	int r = basis ? check_basis(&c) : 0;

	if (r < 0)
		goto out;
	for (i = 0; r == 0 && i < opts->n_envs; i++)
		r = gv_label_check("environment", opts->envs[i]);
	if (r < 0 || (r = read_picks(&c)) < 0)
		goto out;
	r = gv_ref_list_with(&c.refs, c.repo, notes, GV_REFS_VAULT);
	if (r < 0 || (r = check_picks(&c)) < 0 || (r = drop_deleted(&c)) < 0 ||
	    (r = read_snapshots(&c)) < 0 || (r = check_envs(&c)) < 0 ||
	    (r = pick_scopes(&c)) < 0 || (r = take_refs(&c)) < 0 ||
	    (r = take_branches(&c)) < 0)
		goto out;
	if ((r = gv_bundle_gate(out, s->repo, basis, opts->now)) < 0)
		goto out;
	if (basis && (r = add_needs(&c, s)) < 0)
		goto out;
	r = add_roots(&c, s);
out:
	while (c.n_picks > 0)
		free(c.picks[--c.n_picks]);
	free(c.picks);
	gv_map_release(&c.by_id);
	gv_records_release(&c.records);
	gv_refs_release(&c.refs);
	return r;
}
