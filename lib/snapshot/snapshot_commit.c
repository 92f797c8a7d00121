#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "base/err.h"
#include "base/path.h"
#include "base/time.h"
#include "object/tree.h"
#include "policy/disclosure.h"
#include "record/own.h"
#include "record/record_parse.h"
#include "repo/refs.h"
#include "seal/seal.h"
#include "snapshot/origin.h"
#include "snapshot/snapshot_internal.h"
#include "sys/clock.h"
#include "sys/dir.h"
#include "sys/env.h"
#include "sys/file.h"
#include "vault/author.h"
#include "vault/hook_script.h"

#define STEP     ((uint32_t)1 << 20) /* from one id to the next, at most */
#define MAX_HOOK ((size_t)8 * 1024 * 1024)
#define ONLY_MAX 1000 /* bytes of pathspecs in the message */

static int
add_blob(
    struct gv_snapshot_run *run, struct gv_oid *id, const struct gv_buf *text)
{
	return gv_pack_add(
	    run->lane, id, GV_OTYPE_BLOB, text->p, text->len, NULL);
}

static int
add_tree(
    struct gv_snapshot_run *run, struct gv_oid *id, const struct gv_buf *tree)
{
	int r = gv_buf_check(tree);

	return r < 0 ? r
		     : gv_pack_add(run->lane, id, GV_OTYPE_TREE, tree->p,
			   tree->len, NULL);
}

/* A text as one entry of a tree that is being built. */
static int
add_text(struct gv_snapshot_run *run, struct gv_buf *tree, const char *name,
    const struct gv_buf *text)
{
	struct gv_oid id;
	int r;

	if (text->len == 0)
		return 0;
	if ((r = add_blob(run, &id, text)) == 0)
		gv_tree_add(tree, GV_MODE_FILE, name, strlen(name), &id);
	return r;
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(((const struct gv_dir_name *)a)->name,
	    ((const struct gv_dir_name *)b)->name);
}

static bool
is_sample(const struct gv_dir_name *name)
{
	return name->len > 7 &&
	    strcmp(name->name + name->len - 7, ".sample") == 0;
}

/* A file of meta/origin, without what is withheld of it. */
static int
add_kept(struct gv_snapshot_run *run, struct gv_withhold_worker *worker,
    struct gv_oid *id, const struct gv_withhold_bytes *bytes,
    enum gv_scope_keep keep)
{
	struct gv_buf path = GV_BUF_INIT;
	struct gv_oid blob;
	int r = gv_oid_of(&blob, GV_OTYPE_BLOB, bytes->p, bytes->len);
	const struct gv_withhold_bytes file = { bytes->path, bytes->p,
		bytes->len, &blob };

	if (r == 0 && (r = gv_withhold_file(worker, &file, keep)) == 0)
		*id = blob;
	if (r == 0)
		return gv_pack_add_known(run->lane, &blob, GV_OTYPE_BLOB,
		    bytes->p, bytes->len, NULL);
	gv_buf_addf(&path, "origin/%s", bytes->path);
	if (r > 0)
		r = gv_buf_check(&path);
	if (r == 0 && (r = add_blob(run, id, &worker->clean)) == 0)
		r = gv_snapshot_keep_entries(
		    run, worker, &run->meta_withheld, path.p, NULL);
	gv_buf_release(&path);
	return r;
}

/* A text as a file of meta/origin; nothing where it is empty. */
static int
add_origin(struct gv_snapshot_run *run, struct gv_buf *tree, const char *name,
    const struct gv_buf *text, enum gv_scope_keep keep)
{
	const struct gv_withhold_bytes bytes = { name, text->p, text->len,
		NULL };
	struct gv_withhold_worker worker;
	struct gv_oid id;
	int r;

	if (text->len == 0)
		return 0;
	if ((r = gv_withhold_open(&worker, &run->withhold, run->lane)) == 0 &&
	    (r = add_kept(run, &worker, &id, &bytes, keep)) == 0)
		gv_tree_add(tree, GV_MODE_FILE, name, strlen(name), &id);
	gv_withhold_close(&worker);
	return r;
}

/* The repository's own hooks: what a clone never carries. Those that live
 * elsewhere (core.hooksPath) are not this repository's. */
static int
add_hooks(struct gv_snapshot_run *run, struct gv_buf *origin)
{
	struct gv_dir_names names = { .text = GV_BUF_INIT };
	struct gv_buf dir = GV_BUF_INIT, tree = GV_BUF_INIT;
	struct gv_buf text = GV_BUF_INIT, path = GV_BUF_INIT;
	struct gv_withhold_worker worker;
	struct gv_oid id;
	size_t i;
	int fd = -1, r = gv_withhold_open(&worker, &run->withhold, run->lane);

	if (r < 0)
		goto out;
	gv_buf_addf(&dir, "%s/hooks", run->repo->common_dir);
	fd = gv_dir_open_root(dir.p);
	if (fd < 0 || gv_dir_list(&names, fd) < 0)
		goto out;
	if (names.n)
		qsort(
		    names.names, names.n, sizeof(*names.names), compare_names);
	for (i = 0; r == 0 && i < names.n; i++) {
		const struct gv_dir_name *n = &names.names[i];

		gv_buf_reset(&text);
		if (is_sample(n) ||
		    gv_file_read(&text, fd, n->name, MAX_HOOK) < 0)
			continue;
		gv_buf_reset(&path);
		gv_buf_addf(&path, "hooks/%s", n->name);
		if ((r = gv_buf_check(&path)) == 0)
			r = add_kept(run, &worker, &id,
			    &(struct gv_withhold_bytes){
				path.p, text.p, text.len, NULL },
			    gv_hook_is_ours(fd, n->name) ? GV_SCOPE_VALUES
							 : GV_SCOPE_SEALED);
		if (r == 0)
			gv_tree_add(&tree, GV_MODE_EXEC, n->name, n->len, &id);
	}
	if (r == 0 && tree.len) {
		if ((r = add_tree(run, &id, &tree)) == 0)
			gv_tree_add(origin, GV_MODE_DIR, "hooks", 5, &id);
	}
out:
	gv_withhold_close(&worker);
	gv_file_close(fd);
	gv_buf_release(&path);
	gv_dir_names_release(&names);
	gv_buf_release(&dir);
	gv_buf_release(&tree);
	gv_buf_release(&text);
	return r;
}

/* What the tool of a working copy of another kind knows. */
static int
add_working_copy(struct gv_snapshot_run *run, struct gv_buf *origin)
{
	struct gv_buf tree = GV_BUF_INIT, path = GV_BUF_INIT;
	struct gv_withhold_worker worker;
	struct gv_oid id;
	size_t i;
	int r = gv_working_copy_gather(&run->copy, run->repo);

	if (r < 0 || run->copy.n == 0)
		return r;
	r = gv_withhold_open(&worker, &run->withhold, run->lane);
	for (i = 0; r == 0 && i < run->copy.n; i++) {
		const struct gv_working_copy_file *f = &run->copy.files[i];

		gv_buf_reset(&path);
		gv_buf_addf(&path, "working-copy/%s", f->name);
		if ((r = gv_buf_check(&path)) == 0)
			r = add_kept(run, &worker, &id,
			    &(struct gv_withhold_bytes){
				path.p, f->text.p, f->text.len, NULL },
			    GV_SCOPE_SEALED);
		if (r == 0)
			gv_tree_add(
			    &tree, GV_MODE_FILE, f->name, strlen(f->name), &id);
	}
	if (r == 0 && (r = add_tree(run, &id, &tree)) == 0)
		gv_tree_add(origin, GV_MODE_DIR, "working-copy",
		    strlen("working-copy"), &id);
	gv_withhold_close(&worker);
	gv_buf_release(&path);
	gv_buf_release(&tree);
	return r;
}

/* The commits of submodules and nested repositories, "<id> <path>" each. */
static int
list_repos(struct gv_snapshot_run *run, struct gv_buf *text)
{
	char hex[GV_OID_HEX + 1];
	uint32_t i;

	for (i = 0; i < run->survey.n_order; i++) {
		const struct gv_census_dir *d =
		    gv_census_dir(run->survey.census, run->survey.order[i]);
		struct gv_buf path = GV_BUF_INIT;

		if (d->state != GV_DIR_REPO)
			continue;
		gv_census_dir_path(
		    run->survey.census, run->survey.order[i], &path);
		gv_oid_format(hex, &d->tree);
		gv_buf_addf(text, "%s ", hex);
		gv_path_quote(text, path.p, path.len);
		gv_buf_addch(text, '\n');
		gv_buf_release(&path);
	}
	return gv_buf_check(text);
}

/* What must not leave in clear. */
static int
add_held(struct gv_snapshot_run *run, struct gv_buf *tree)
{
	static const char name[] = GV_SNAPSHOT_HELD;
	struct gv_withhold_worker worker;
	struct gv_oid id;
	int r;

	if (run->held.n_out == 0)
		return 0;
	if ((r = gv_withhold_open(&worker, &run->withhold, run->lane)) == 0 &&
	    (r = gv_snapshot_seal_held(run, &worker)) == 0 &&
	    (r = add_blob(run, &id, &worker.clean)) == 0)
		r = gv_snapshot_keep_entries(run, &worker, &run->meta_withheld,
		    "origin/" GV_SNAPSHOT_HELD, NULL);
	if (r == 0)
		gv_tree_add(tree, GV_MODE_FILE, name, strlen(name), &id);
	gv_withhold_close(&worker);
	return r;
}

/* meta/origin; names in Git's order. */
int
gv_snapshot_origin(struct gv_snapshot_run *run, const struct gv_origin *origin,
    struct gv_snapshot_parts *parts)
{
	struct gv_buf tree = GV_BUF_INIT, repos = GV_BUF_INIT;
	int r;

	r = add_origin(run, &tree, "config", &origin->config, GV_SCOPE_VALUES);
	if (r != 0 || (r = add_hooks(run, &tree)) != 0)
		goto out;
	r = add_origin(run, &tree, "refs", &origin->refs, GV_SCOPE_VALUES);
	if (r != 0)
		goto out;
	r = add_origin(
	    run, &tree, "repository", &origin->repository, GV_SCOPE_VALUES);
	if (r != 0)
		goto out;
	r = add_origin(
	    run, &tree, "settings", &origin->settings, GV_SCOPE_SEALED);
	if (r != 0 || (r = list_repos(run, &repos)) < 0 ||
	    (r = add_text(run, &tree, "submodules", &repos)) < 0 ||
	    (r = add_held(run, &tree)) < 0 ||
	    (r = add_working_copy(run, &tree)) != 0 ||
	    (r = add_tree(run, &parts->origin, &tree)) < 0)
		goto out;
	r = gv_snapshot_write_list(
	    run, &parts->meta_secrets, &run->meta_withheld);
out:
	gv_buf_release(&tree);
	gv_buf_release(&repos);
	return r;
}

static int
layers_tree(struct gv_snapshot_run *run, const struct gv_manifest_layer *layers,
    size_t n, struct gv_oid *id)
{
	struct gv_buf tree = GV_BUF_INIT;
	char name[8];
	size_t i;
	int r;

	for (i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "%04x", layers[i].number & 0xffff);
		gv_tree_add(&tree, GV_MODE_FILE, name, 4, &layers[i].oid);
	}
	r = add_tree(run, id, &tree);
	gv_buf_release(&tree);
	return r;
}

/* A base: every line again. */
static int
new_base(struct gv_snapshot_run *run, struct gv_snapshot_parts *parts)
{
	int r = 0;

	if (!run->whole)
		r = gv_snapshot_manifest(run, true);
	run->whole = true;
	parts->layers[0].number = 0;
	parts->layers[0].size = run->layer.len;
	parts->n_layers = 1;
	return r < 0 ? r : add_blob(run, &parts->layers[0].oid, &run->layer);
}

/* Whether a file is gone whose name looked like a secret: 1, 0, or a failure.
 * Earlier layers of the manifest still have the name. */
static int
has_lost_secret(struct gv_snapshot_run *run)
{
	struct gv_disclosure rules = GV_DISCLOSURE_INIT(run->repo);
	struct gv_manifest_iter it = { .p = NULL };
	struct gv_manifest_entry e;
	struct gv_disclosed what;
	struct gv_buf names = GV_BUF_INIT;
	int r;

	if (run->opts->no_scan)
		return 0;
	r = gv_manifest_iter_init(&it, run->layer.p, run->layer.len);
	while (r >= 0 && (r = gv_manifest_next(&it, &e)) > 0)
		if (e.type == GV_MANIFEST_GONE)
			gv_buf_addf(&names, "%s\n", e.path);
	if (r == 0 && names.len && (r = gv_buf_check(&names)) == 0)
		r = gv_disclosure_find(&what, &rules, names.p);
	gv_manifest_iter_release(&it);
	gv_disclosure_release(&rules);
	gv_buf_release(&names);
	return r;
}

/* What the last snapshot's manifest says, and a layer of what changed. */
static int
next_layer(struct gv_snapshot_run *run, struct gv_snapshot_parts *parts)
{
	const struct gv_statcache_head *head = run->survey.cache->head;
	struct gv_buf merged = GV_BUF_INIT;
	size_t i, last;
	int r = run->lines ? has_lost_secret(run) : 0;

	if (r)
		return r < 0 ? r : new_base(run, parts);
	for (i = 0; i < head->n_layers; i++)
		parts->layers[i] =
		    (struct gv_manifest_layer){ head->layers[i].number,
			    head->layers[i].oid, head->layers[i].size };
	parts->n_layers = i;
	if (run->lines == 0)
		return 0;
	r = gv_manifest_stack(parts->layers, &parts->n_layers, &merged,
	    run->survey.odb, &run->layer);
	if (r == 0) {
		last = parts->n_layers - 1;
		parts->layers[last].size = merged.len;
		r = add_blob(run, &parts->layers[last].oid, &merged);
	} else if (r == GV_EREFUSED || r == GV_ECORRUPT || r == GV_ENOTFOUND) {
		r = new_base(run, parts);
	}
	gv_buf_release(&merged);
	return r;
}

static void
add_list(struct gv_buf *tree, const char *name, const struct gv_oid *id)
{
	if (!gv_oid_is_zero(id))
		gv_tree_add(tree, GV_MODE_FILE, name, strlen(name), id);
}

/* meta/, with everything in it; names in Git's order. */
static int
meta_tree(struct gv_snapshot_run *run, struct gv_snapshot_parts *parts,
    struct gv_oid *id)
{
	struct gv_buf tree = GV_BUF_INIT;
	struct gv_oid manifest;
	int r;

	r = run->whole ? new_base(run, parts) : next_layer(run, parts);
	if (r != 0)
		goto out;
	r = layers_tree(run, parts->layers, parts->n_layers, &manifest);
	if (r < 0 || (r = gv_snapshot_chunks(run, &parts->chunks)) < 0)
		goto out;
	if (!gv_oid_is_zero(&parts->chunks))
		gv_tree_add(&tree, GV_MODE_DIR, "chunks", 6, &parts->chunks);
	if (!gv_oid_is_zero(&parts->index_text))
		gv_tree_add(
		    &tree, GV_MODE_FILE, "index", 5, &parts->index_text);
	add_list(&tree, "index-secrets", &parts->index_secrets);
	gv_tree_add(&tree, GV_MODE_DIR, "manifest", 8, &manifest);
	add_list(&tree, "meta-secrets", &parts->meta_secrets);
	gv_tree_add(&tree, GV_MODE_DIR, "origin", 6, &parts->origin);
	add_list(&tree, "secrets", &parts->secrets);
	if (!gv_oid_is_zero(&parts->stages))
		gv_tree_add(&tree, GV_MODE_DIR, "stages", 6, &parts->stages);
	r = add_tree(run, id, &tree);
out:
	gv_buf_release(&tree);
	return r;
}

static int
root_tree(struct gv_snapshot_run *run, struct gv_snapshot_parts *parts,
    struct gv_oid *id)
{
	struct gv_buf tree = GV_BUF_INIT;
	struct gv_oid meta;
	int r = meta_tree(run, parts, &meta);

	if (r < 0)
		return r;
	if (!gv_oid_is_zero(&run->staged))
		gv_tree_add(&tree, GV_MODE_DIR, "index", 5, &run->staged);
	else if (!gv_oid_is_zero(&run->held.index))
		gv_tree_add(&tree, GV_MODE_DIR, "index", 5, &run->held.index);
	gv_tree_add(&tree, GV_MODE_DIR, "meta", 4, &meta);
	gv_tree_add(&tree, GV_MODE_DIR, "tree", 4, &run->tree);
	r = add_tree(run, id, &tree);
	gv_buf_release(&tree);
	return r;
}

static int
set_subject(struct gv_record *rec, const struct gv_snapshot_run *run)
{
	return run->opts->message && *run->opts->message
	    ? gv_record_set_message(rec, run->opts->message)
	    : gv_record_set_default_message(rec, gv_repo_branch(run->repo));
}

/* Find the newest snapshot that this working tree took itself; those of others
 * never count as the previous one. "" if there is none. */
static int
find_own(char last[GV_RECORD_ID_LEN + 1], const struct gv_snapshot_run *run,
    const struct gv_refs *refs)
{
	const size_t len = strlen(GV_REFS_SNAPSHOTS);
	struct gv_own own = { 0 };
	size_t i;
	int r = gv_own_load(&own, run->repo);

	for (i = r == 0 ? refs->n : 0; i-- > 0 && !*last;)
		if (gv_record_is_ref(refs->refs[i].name) &&
		    gv_own_is_here(&own, &refs->refs[i].oid))
			memcpy(last, refs->refs[i].name + len,
			    GV_RECORD_ID_LEN + 1);
	gv_own_release(&own);
	return r;
}

/* The last snapshot of this working tree, by the cache, which may go at any
 * time, or by what it took. And the greatest id of this second, whoever took
 * it: no cache tells of one of some files only, or of another working tree.
 * Each is empty where there is none. */
static int
find_before(char last[GV_RECORD_ID_LEN + 1],
    char greatest[GV_RECORD_ID_LEN + 1], const struct gv_snapshot_run *run,
    int64_t now)
{
	const size_t len = strlen(GV_REFS_SNAPSHOTS);
	struct gv_refs refs = { 0 };
	char time[GV_TIME_MAX];
	size_t i;
	int r = gv_ref_list(&refs, run->repo, GV_REFS_SNAPSHOTS);

	last[0] = greatest[0] = '\0';
	gv_time_compact(time, now);
	if (run->survey.cache)
		memcpy(last, run->survey.cache->head->id, GV_RECORD_ID_LEN + 1);
	else if (r == 0)
		r = find_own(last, run, &refs);
	for (i = refs.n; i-- > 0 && !*greatest;) {
		const char *id = refs.refs[i].name + len;

		if (!gv_record_is_id(id, strlen(id)))
			continue;
		if (strncmp(id, time, GV_RECORD_STAMP_LEN) == 0)
			memcpy(greatest, id, GV_RECORD_ID_LEN + 1);
		else if (strcmp(id, time) < 0)
			break;
	}
	/* it may have been deleted since */
	if (strncmp(last, time, GV_RECORD_STAMP_LEN) == 0 &&
	    strcmp(last, greatest) > 0)
		memcpy(greatest, last, GV_RECORD_ID_LEN + 1);
	gv_refs_release(&refs);
	return r;
}

/* Within a second ids are the order, so the digits go on from those of the
 * greatest: by a random step, for another clone may do the same. The first
 * begins in the lower half, which leaves room. */
static int
make_id(char *id, const char *greatest, int64_t now)
{
	char time[GV_TIME_MAX];
	uint32_t random = 0, digits;
	uint64_t next;
	int r = gv_clock_random(&random, sizeof(random));

	gv_time_compact(time, now);
	digits = random & (UINT32_MAX >> 1);
	if (*greatest) {
		next = strtoull(greatest + GV_RECORD_STAMP_LEN + 1, NULL, 16) +
		    1 + random % STEP;
		if (next <= UINT32_MAX)
			digits = (uint32_t)next;
	}
	snprintf(id, GV_RECORD_ID_LEN + 1, "%.16s-%08" PRIx32, time, digits);
	return r;
}

/* Which files alone were asked for, as they were typed; NULL: all. */
static int
say_only(char **out, const struct gv_snapshot_run *run)
{
	const struct gv_snapshot_opts *o = run->opts;
	struct gv_buf text = GV_BUF_INIT;
	size_t i;

	*out = NULL;
	if (o->n_only == 0)
		return 0;
	for (i = 0; i < o->n_only && text.len < ONLY_MAX; i++) {
		gv_buf_addstr(&text, i ? " " : "");
		gv_path_quote(&text, o->only[i], strlen(o->only[i]));
	}
	if (i < o->n_only)
		gv_buf_addstr(&text, " ...");
	if (run->repo->prefix && *run->repo->prefix) {
		gv_buf_addstr(&text, ", in ");
		gv_path_quote(
		    &text, run->repo->prefix, strlen(run->repo->prefix));
	}
	*out = gv_buf_take(&text);
	return *out ? 0 : GV_ENOMEM;
}

/* Which files are not stored, since a revision has them; NULL: none. */
static int
say_omits(char **out, const struct gv_snapshot_run *run)
{
	const struct gv_base *base = &run->survey.base;
	struct gv_buf text = GV_BUF_INIT;
	const uint64_t n = run->out->found.left[GV_CENSUS_BASE].n;

	*out = NULL;
	if (base->tool == NULL || n == 0)
		return 0;
	gv_buf_addf(&text, "%llu %s %s", (unsigned long long)n, base->tool,
	    base->revision);
	*out = gv_buf_take(&text);
	return *out ? 0 : GV_ENOMEM;
}

/* A name that git refuses is in no snapshot, and makes none incomplete. */
static uint64_t
count_unread(const struct gv_snapshot *out)
{
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < out->found.n_notes; i++)
		n += out->found.notes[i].what == GV_SURVEY_UNREADABLE &&
		    strcmp(out->found.notes[i].reason, GV_SURVEY_FORBIDDEN) !=
			0;
	return n;
}

/* The message: a record whose strings are borrowed but for the subject, the
 * body and the links. */
static int
add_message(struct gv_snapshot_run *run, struct gv_buf *out, char *last)
{
	struct gv_record rec = { .base = run->repo->head };
	const char *trigger = run->opts->trigger;
	char host[256];
	int r;

	gv_env_host(host, sizeof(host));
	memcpy(rec.id, run->out->id, sizeof(rec.id));
	if ((r = set_subject(&rec, run)) == 0 &&
	    (r = gv_snapshot_link(run, &rec)) == 0 &&
	    (r = say_only(&rec.only, run)) == 0 &&
	    (r = say_omits(&rec.omits, run)) == 0 &&
	    (r = gv_snapshot_name_envs(&rec, run)) == 0)
		r = gv_snapshot_name_unsettled(&rec, run);
	rec.host = host;
	rec.trigger = (char *)(trigger ? trigger : "manual");
	rec.branch = (char *)gv_repo_branch(run->repo);
	/* one of some files only follows none */
	rec.previous = *last && !run->partial ? last : NULL;
	rec.tags = (char **)run->opts->tags;
	rec.n_tags = run->opts->n_tags;
	rec.files = run->out->found.files;
	/* where values are withheld the sum would tell their length */
	rec.bytes = run->withheld.n ? gv_seal_padded(run->out->found.bytes)
				    : run->out->found.bytes;
	rec.secrets = run->out->secrets;
	rec.unread = count_unread(run->out);
	rec.is_apart = run->held.has_head;
	rec.format = run->withheld.n || run->index_withheld.n ||
		run->meta_withheld.n || run->has_index_secrets
	    ? GV_RECORD_WITHHOLDS
	    : run->survey.has_chunks ? 2
				     : 1;
	if (r == 0)
		gv_record_message(out, &rec);
	rec.host = rec.trigger = rec.branch = rec.previous = NULL;
	rec.tags = NULL;
	rec.n_tags = 0;
	gv_record_release(&rec);
	return r < 0 ? r : gv_buf_check(out);
}

static void
add_header(struct gv_buf *out, const char *key, const struct gv_oid *id)
{
	char hex[GV_OID_HEX + 1];

	gv_oid_format(hex, id);
	gv_buf_addf(out, "%s %s\n", key, hex);
}

static void
add_parents(const struct gv_snapshot_run *run, struct gv_buf *out)
{
	size_t i;

	for (i = 0; i < run->held.n; i++)
		add_header(out, "parent", &run->held.parents[i]);
}

int
gv_snapshot_commit(struct gv_snapshot_run *run, struct gv_snapshot_parts *parts)
{
	char last[GV_RECORD_ID_LEN + 1], greatest[GV_RECORD_ID_LEN + 1];
	struct gv_buf text = GV_BUF_INIT;
	int64_t now = gv_clock_now().tv_sec;
	struct gv_oid root;
	int r;

	if ((r = find_before(last, greatest, run, now)) == 0 &&
	    (r = make_id(run->out->id, greatest, now)) == 0)
		r = root_tree(run, parts, &root);
	if (r < 0)
		goto out;
	add_header(&text, "tree", &root);
	add_parents(run, &text);
	if ((r = gv_author_add(&text, run->repo, now)) == 0 &&
	    (r = add_message(run, &text, last)) == 0)
		r = gv_pack_add(run->lane, &run->out->commit, GV_OTYPE_COMMIT,
		    text.p, text.len, NULL);
	if (r == 0 && run->opts->is_auto)
		r = gv_autosave_add(&run->link, run->lane,
		    &(struct gv_autosave_new){ .repo = run->repo,
			.before = run->survey.end.link,
			.id = run->out->id,
			.commit = run->out->commit,
			.root = root,
			.since = run->survey.end.since + 1,
			.now = now });
out:
	gv_buf_release(&text);
	return r;
}
