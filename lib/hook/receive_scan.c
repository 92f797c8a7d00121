#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "base/path.h"
#include "base/vec.h"
#include "detect/sweep.h"
#include "hook/receive_internal.h"
#include "object/link.h"
#include "object/odb.h"
#include "object/tree.h"
#include "policy/team.h"
#include "record/record_load.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "sys/file.h"

/*
 * Every version of a file that the push brings is scanned whole, by the policy
 * that its branch had before the push (a new branch, or no branch: by that of
 * HEAD), so that nobody allows their own push. So is what commits
 * and tags say, and what refs and files are called. Of a snapshot that is what
 * differs from the commit it was taken on, and what its meta/ has beside lists.
 * Of all other vault refs it is every commit that is new behind them, whoever
 * made it: what is sealed there is passed over.
 */

#define MAX_POLICY ((size_t)1024 * 1024)
#define MAX_TAGS   16 /* on one another */

/* All updates of one policy. */
struct group {
	struct gv_oid policy; /* a blob; zero: none */
	struct gv_oid *tips;
	size_t n_tips, cap_tips;
	struct gv_sweep_pair *pairs;
	size_t n_pairs, cap_pairs;
	struct gv_sweep_loose *loose;
	size_t n_loose, cap_loose;
	struct gv_oid *said; /* objects whose text is scanned alone */
	size_t n_said, cap_said;
	struct gv_buf names; /* of refs */
};

struct scan {
	struct gv_receive_job *job;
	struct group *groups;
	size_t n, cap;
	const char **had; /* for git rev-list */
	size_t n_had, cap_had;
	struct gv_oid *known; /* commits that were there, beside these */
	size_t n_known, cap_known;
	const struct gv_receive_update *head; /* of what HEAD is; or NULL */
	struct gv_arena arena;                /* what is in it */
	struct gv_buf policy;                 /* the server's own */
};

/* ---- what was there before ---- */

static int
add_had(struct scan *s, const char *option, const char *ref)
{
	struct gv_buf text = GV_BUF_INIT;
	const char *copy;
	int r;

	gv_buf_addf(&text, "%s%s%s", option, ref,
	    *ref && ref[strlen(ref) - 1] == '/' ? "*" : "");
	if ((r = gv_buf_check(&text)) == 0)
		r = gv_vec_grow((void **)&s->had, &s->cap_had, s->n_had + 2,
		    sizeof(*s->had));
	copy = r < 0 ? NULL : gv_arena_copy(&s->arena, text.p, text.len);
	gv_buf_release(&text);
	if (copy == NULL)
		return GV_ENOMEM;
	s->had[s->n_had++] = copy;
	s->had[s->n_had] = NULL;
	return 0;
}

static int
add_known(struct scan *s, const struct gv_oid *oid)
{
	int r = gv_odb_has(s->job->odb, oid)
	    ? GV_GROW(s->known, s->n_known, s->cap_known)
	    : 1;

	if (r == 0)
		s->known[s->n_known++] = *oid;
	return r < 0 ? r : 0;
}

/* The refs have moved: where they were says the push, and all others, which may
 * be more than arguments could say. */
static int
find_past(struct scan *s)
{
	const struct gv_receive *push = s->job->push;
	struct gv_map moved = GV_MAP_INIT;
	struct gv_refs refs = { 0 };
	size_t i;
	int r = gv_ref_list(&refs, s->job->repo, "");

	for (i = 0; r == 0 && i < push->n; i++) {
		struct gv_receive_update *u = &push->updates[i];

		r = gv_map_put(&moved, u->ref, strlen(u->ref), u);
		if (r == 0 && !gv_oid_is_zero(&u->old) &&
		    gv_receive_is_scanned(u->ref))
			r = add_known(s, &u->old);
	}
	for (i = 0; r == 0 && i < refs.n; i++) {
		const char *name = refs.refs[i].name;

		if (gv_receive_is_scanned(name) &&
		    gv_map_get(&moved, name, strlen(name)) == NULL)
			r = add_known(s, &refs.refs[i].oid);
	}
	gv_map_release(&moved);
	gv_refs_release(&refs);
	return r;
}

/* What refs reach whose commits are scanned, as they stood before the push. A
 * ref that is not scanned may have been given any commit. */
static int
find_had(struct scan *s)
{
	const char *name;
	size_t at = 0;
	int r = 0;

	if (s->job->is_past)
		return find_past(s);
	while (r == 0 && (name = gv_receive_unscanned(&at)) != NULL)
		r = add_had(s, "--exclude=", name);
	return r < 0 ? r : add_had(s, "--glob=refs/*", "");
}

/* ---- by which policy ---- */

/* The commit whose policy an update goes by; zero: none. */
static struct gv_oid
find_judge(const struct scan *s, const struct gv_receive_update *u)
{
	if (strncmp(u->ref, "refs/heads/", 11) == 0 && !gv_oid_is_zero(&u->old))
		return u->old;
	return s->head ? s->head->old : s->job->repo->head;
}

/* The policy's blob; zero where that commit has none, or cannot be read. */
static int
find_policy(struct gv_oid *out, struct scan *s, const struct gv_oid *commit)
{
	struct gv_ledger at;
	unsigned mode;
	int r;

	memset(out, 0, sizeof(*out));
	if (s->job->settings.policy || gv_oid_is_zero(commit))
		return 0;
	if ((r = gv_ledger_load(&at, s->job->odb, commit)) == 0)
		r = gv_tree_find(
		    s->job->odb, &at.tree, GV_TEAM_POLICY, &mode, out);
	if (r < 0)
		memset(out, 0, sizeof(*out));
	return r == GV_ENOTFOUND || r == GV_ECORRUPT ? 0 : r;
}

/* NULL: there is no memory. */
static struct group *
find_group(struct scan *s, const struct gv_oid *policy)
{
	struct group *g;
	size_t i;

	for (i = 0; i < s->n; i++)
		if (gv_oid_equal(&s->groups[i].policy, policy))
			return &s->groups[i];
	if (GV_GROW(s->groups, s->n, s->cap) < 0)
		return NULL;
	g = &s->groups[s->n++];
	*g = (struct group){ .policy = *policy, .names = GV_BUF_INIT };
	return g;
}

/* ---- what is pushed ---- */

static int
add_tip(struct group *g, const struct gv_oid *tip)
{
	int r = GV_GROW(g->tips, g->n_tips, g->cap_tips);

	if (r == 0)
		g->tips[g->n_tips++] = *tip;
	return r;
}

static int
add_pair(struct group *g, const struct gv_oid *commit,
    const struct gv_oid *from, const struct gv_oid *to)
{
	int r = GV_GROW(g->pairs, g->n_pairs, g->cap_pairs);

	if (r == 0)
		g->pairs[g->n_pairs++] =
		    (struct gv_sweep_pair){ *commit, *from, *to, false };
	return r;
}

static int
add_loose(struct group *g, const struct gv_oid *blob, const char *ref)
{
	int r = GV_GROW(g->loose, g->n_loose, g->cap_loose);

	if (r == 0)
		g->loose[g->n_loose++] = (struct gv_sweep_loose){ *blob, ref };
	return r;
}

static int
add_said(struct group *g, const struct gv_oid *oid)
{
	int r = GV_GROW(g->said, g->n_said, g->cap_said);

	if (r == 0)
		g->said[g->n_said++] = *oid;
	return r;
}

/* Every tag on the way from a ref to what it is of in the end. */
static int
add_tags(struct group *g, struct gv_odb *odb, struct gv_oid id)
{
	struct gv_object obj = { 0 };
	bool is_tag = true;
	unsigned depth;
	int r = 0;

	for (depth = 0; r == 0 && is_tag && depth < MAX_TAGS; depth++) {
		r = gv_odb_read(odb, &obj, &id);
		is_tag = r == 0 && obj.type == GV_OTYPE_TAG &&
		    strncmp((const char *)obj.data, "object ", 7) == 0;
		if (is_tag)
			r = add_said(g, &id);
		if (is_tag && r == 0)
			is_tag =
			    gv_oid_parse(&id, (const char *)obj.data + 7) == 0;
		gv_object_release(&obj);
	}
	return r;
}

/* A commit of the project. Of a snapshot that stands where one should, not all
 * was looked at when it came as such. */
static int
add_commit(struct group *g, struct scan *s, const struct gv_oid *commit)
{
	struct gv_record rec = { .format = 0 };
	int r = gv_record_load(&rec, s->job->repo, commit);

	if (r == 0)
		r = add_pair(g, commit, &gv_oid_empty_tree, &rec.root);
	gv_record_release(&rec);
	return r == 0 || r == GV_ECORRUPT || r == GV_ENOTFOUND
	    ? add_tip(g, commit)
	    : r;
}

struct parents {
	struct group *g;
	struct scan *s;
	const struct gv_oid *base;
	bool has_base; /* it is one of them, and no snapshot */
};

static int
add_parent(void *ctx, const struct gv_oid *parent)
{
	struct parents *p = ctx;
	size_t before = p->g->n_pairs;
	int r = add_commit(p->g, p->s, parent);

	p->has_base |= gv_oid_equal(parent, p->base) && p->g->n_pairs == before;
	return r;
}

/* A part of meta/ that holds bytes as they were; not what another snapshot that
 * is here has in its place. */
static int
add_meta(struct group *g, struct scan *s, const struct gv_record *rec,
    const struct gv_record *previous, const char *name)
{
	struct gv_oid from = gv_oid_empty_tree, to;
	unsigned mode;
	int r = gv_tree_find(s->job->odb, &rec->meta, name, &mode, &to);

	if (r == GV_ENOTFOUND || (r == 0 && mode != GV_MODE_DIR))
		return 0;
	if (r == 0 && previous &&
	    (gv_tree_find(s->job->odb, &previous->meta, name, &mode, &from) <
		    0 ||
		mode != GV_MODE_DIR))
		from = gv_oid_empty_tree;
	return r < 0 ? r : add_pair(g, &rec->commit, &from, &to);
}

static int
add_metas(struct group *g, struct scan *s, const struct gv_record *rec)
{
	static const char *const names[] = { "chunks", "origin", "stages",
		NULL };
	struct gv_buf name = GV_BUF_INIT;
	struct gv_record previous = { .format = 0 };
	bool has = false;
	struct gv_oid tip = { { 0 } };
	size_t i;
	int r = 0;

	if (rec->previous) {
		gv_buf_addf(&name, GV_REFS_SNAPSHOTS "%s", rec->previous);
		has = gv_buf_check(&name) == 0 &&
		    gv_receive_find(s->job->push, name.p) == NULL &&
		    gv_ref_find(&tip, s->job->repo, name.p) == 0 &&
		    !gv_oid_is_zero(&tip) &&
		    gv_record_load(&previous, s->job->repo, &tip) == 0;
	}
	for (i = 0; r == 0 && names[i]; i++)
		r = add_meta(g, s, rec, has ? &previous : NULL, names[i]);
	gv_record_release(&previous);
	gv_buf_release(&name);
	return r;
}

/* What differs from the commit that it was taken on, if that is looked at as
 * well; what is staged, from what stood in the files. What is no snapshot is a
 * commit like any other. */
static int
add_snapshot(struct group *g, struct scan *s, const struct gv_oid *commit)
{
	struct gv_record rec = { .format = 0 };
	struct gv_ledger base = { .tree = gv_oid_empty_tree };
	struct parents parents = { .g = g, .s = s, .base = &rec.base };
	int r = gv_record_load(&rec, s->job->repo, commit);

	if (r == GV_ECORRUPT || r == GV_ENOTFOUND)
		return add_tip(g, commit);
	if (r < 0)
		return r;
	/* the commits that it holds beside itself */
	r = gv_link_parents(&parents, s->job->odb, commit, add_parent);
	if (r < 0)
		goto out;
	if (parents.has_base &&
	    gv_ledger_load(&base, s->job->odb, &rec.base) < 0)
		base.tree = gv_oid_empty_tree;
	if ((r = add_pair(g, commit, &base.tree, &rec.tree)) < 0)
		goto out;
	if (!gv_oid_is_zero(&rec.index) &&
	    (r = add_pair(g, commit, &rec.tree, &rec.index)) < 0)
		goto out;
	if ((r = add_metas(g, s, &rec)) < 0)
		goto out;
	r = add_said(g, commit);
out:
	gv_record_release(&rec);
	return r;
}

static int
add_update(struct scan *s, const struct gv_receive_update *u)
{
	const struct gv_oid judge = find_judge(s, u);
	struct gv_oid policy, id = u->new;
	struct group *g = NULL;
	enum gv_otype type = GV_OTYPE_COMMIT;
	int r;

	if ((r = find_policy(&policy, s, &judge)) < 0)
		goto out;
	g = find_group(s, &policy);
	r = g ? gv_link_peel(&id, &type, s->job->odb) : GV_ENOMEM;
	if (r < 0)
		goto out;
	gv_buf_addf(&g->names, "%s\n", u->ref);
	if ((r = add_tags(g, s->job->odb, u->new)) < 0)
		goto out;
	r = gv_buf_check(&g->names);
out:
	if (r < 0 || g == NULL)
		return gv_err_in(r, "%s", u->ref);
	if (type == GV_OTYPE_COMMIT && gv_receive_holds_snapshots(u->ref))
		return add_snapshot(g, s, &id);
	if (type == GV_OTYPE_BLOB)
		return add_loose(g, &id, u->ref);
	if (type == GV_OTYPE_TREE)
		return add_pair(g, &id, &gv_oid_empty_tree, &id);
	return add_commit(g, s, &id);
}

/* ---- what is found ---- */

static bool
counts(const struct scan *s, const struct gv_finding *f)
{
	if (f->grade < GV_FINDING_LIKELY)
		return false;
	return f->allowed == GV_FINDING_OPEN ||
	    (f->allowed == GV_FINDING_BY_COMMENT && !s->job->settings.comments);
}

static int
add_finding(struct scan *s, const struct gv_finding *f)
{
	struct gv_buf path = GV_BUF_INIT, what = GV_BUF_INIT;
	char hex[GV_OID_HEX + 1] = "";
	int r;

	gv_path_quote(&path, f->path, strlen(f->path));
	gv_finding_mask(&what, f);
	if (f->places && !gv_oid_is_zero(&f->places->introduced))
		gv_oid_format(hex, &f->places->introduced);
	s->job->report->n_secrets++;
	if ((r = gv_buf_check(&path)) == 0 && (r = gv_buf_check(&what)) == 0)
		r = gv_receive_fault(s->job, NULL, "%s:%u: %s, %s%s%s%s",
		    path.p, f->line, f->rule->id, what.p,
		    *hex ? ", in commit " : "", hex,
		    f->allowed == GV_FINDING_BY_COMMENT
			? "; a comment that comes with it allows nothing here"
			: "");
	gv_buf_release(&path);
	gv_buf_release(&what);
	return r;
}

/* A file that was scanned in part is no fault, but the pusher hears of it. */
static void
add_unread(struct scan *s, const struct gv_sweep_note *notes, size_t n,
    const char *before, const char *behind)
{
	struct gv_buf *news = &s->job->report->news;
	size_t i;

	for (i = 0; i < n; i++) {
		gv_buf_addstr(news, before);
		gv_path_quote(news, notes[i].path, strlen(notes[i].path));
		gv_buf_addf(news, "%s: %s\n", behind, notes[i].reason);
	}
}

static int
add_findings(struct scan *s, const struct gv_sweep *sweep)
{
	struct gv_receive_report *report = s->job->report;
	const size_t before = report->n_secrets;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < sweep->n; i++)
		if (counts(s, &sweep->findings[i]))
			r = add_finding(s, &sweep->findings[i]);
	if (report->n_secrets > before) {
		report->is_keyless |= sweep->key == NULL;
		if (gv_sweep_add_foreign(&report->news, sweep)) {
			gv_buf_addch(&report->news, '\n');
			report->is_keyless = true;
		}
	}
	add_unread(s, sweep->notes, sweep->n_notes, "", " was not scanned");
	add_unread(s, sweep->shallow, sweep->n_shallow,
	    "not all that is packed in ", " was scanned");
	return r < 0 ? r : gv_buf_check(&report->news);
}

/* ---- all of it ---- */

/* A broken one must not keep out the push that mends it. 0, or `r` where that
 * is of the machine. */
static int
pass_over(const struct scan *s, int r)
{
	if (r != GV_EREFUSED && r != GV_ECORRUPT && r != GV_ENOTFOUND)
		return r;
	gv_buf_addf(&s->job->report->news,
	    "the policy that was there before does not count: %s\n",
	    gv_err_message());
	return 0;
}

/* The policy of a group; nothing where it has none, or that is no file that
 * could be one. */
static int
read_old(struct gv_object *out, const struct scan *s, const struct group *g)
{
	uint64_t size = 0;
	int r;

	if (gv_oid_is_zero(&g->policy))
		return 0;
	if ((r = gv_odb_read_size(s->job->odb, &size, &g->policy)) < 0)
		goto out;
	if (size > MAX_POLICY) {
		r = gv_err(GV_EREFUSED, "it is larger than a policy may be");
		goto out;
	}
	r = gv_odb_read_type(s->job->odb, out, &g->policy, GV_OTYPE_BLOB);
out:
	return r < 0 ? pass_over(s, gv_err_in(r, GV_TEAM_POLICY)) : 0;
}

static int
open_sweep(
    struct gv_sweep **out, struct scan *s, const struct gv_object *policy)
{
	struct gv_sweep_opts opts = { .repo = s->job->repo,
		.is_reading = true,
		.now = s->job->now,
		.policy = "",
		.policy_name = GV_TEAM_POLICY };
	int r;

	if (s->job->settings.policy) {
		opts.policy = s->policy.p;
		opts.policy_len = s->policy.len;
		opts.policy_name = s->job->settings.policy;
		opts.policy_is_accepted = true;
		return gv_sweep_new(out, &opts);
	}
	if (policy->data == NULL)
		return gv_sweep_new(out, &opts);
	opts.policy = (const char *)policy->data;
	opts.policy_len = policy->len;
	r = gv_sweep_new(out, &opts);
	if (r != GV_EREFUSED)
		return r;
	(void)pass_over(s, r);
	opts.policy = "";
	opts.policy_len = 0;
	return gv_sweep_new(out, &opts);
}

static int
scan_group(struct scan *s, const struct group *g)
{
	static const char *const none[] = { NULL };
	const struct gv_sweep_push push = { .tips = g->tips,
		.n_tips = g->n_tips,
		.had = s->had ? s->had : none,
		.known = s->known,
		.n_known = s->n_known,
		.pairs = g->pairs,
		.n_pairs = g->n_pairs,
		.loose = g->loose,
		.n_loose = g->n_loose,
		.said = g->said,
		.n_said = g->n_said,
		.names = &g->names };
	struct gv_object policy = { 0 };
	struct gv_sweep *sweep = NULL;
	int r = read_old(&policy, s, g);

	if (r == 0 && (r = open_sweep(&sweep, s, &policy)) == 0 &&
	    (r = gv_sweep_add_push(sweep, &push)) == 0 &&
	    (r = gv_sweep_run(sweep)) == 0)
		r = add_findings(s, sweep);
	gv_sweep_free(sweep);
	gv_object_release(&policy);
	return r;
}

static void
release(struct scan *s)
{
	size_t i;

	for (i = 0; i < s->n; i++) {
		free(s->groups[i].tips);
		free(s->groups[i].pairs);
		free(s->groups[i].loose);
		free(s->groups[i].said);
		gv_buf_release(&s->groups[i].names);
	}
	free(s->groups);
	free(s->had);
	free(s->known);
	gv_arena_release(&s->arena);
	gv_buf_release(&s->policy);
}

/* The server's own must be there: without it more might be allowed, or less. */
static int
read_policy(struct scan *s)
{
	const char *path = s->job->settings.policy;
	int r = path ? gv_file_read(&s->policy, AT_FDCWD, path, MAX_POLICY) : 0;

	return r < 0 ? gv_err_in(r, "vault.receive.policy, %s", path) : 0;
}

int
gv_receive_scan(struct gv_receive_job *job)
{
	const struct gv_receive *push = job->push;
	struct scan s = {
		.job = job, .arena = GV_ARENA_INIT, .policy = GV_BUF_INIT
	};
	size_t i;
	int r = find_had(&s);

	if (job->is_past && job->repo->head_ref)
		s.head = gv_receive_find(push, job->repo->head_ref);
	if (r == 0)
		r = read_policy(&s);
	for (i = 0; r == 0 && i < push->n; i++)
		if (!gv_oid_is_zero(&push->updates[i].new) &&
		    gv_receive_is_scanned(push->updates[i].ref))
			r = add_update(&s, &push->updates[i]);
	for (i = 0; r == 0 && i < s.n; i++)
		r = scan_group(&s, &s.groups[i]);
	release(&s);
	return r;
}
