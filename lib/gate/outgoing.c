#include "gate/outgoing_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "object/link.h"
#include "object/repo_odb.h"
#include "object/tree.h"
#include "record/good.h"
#include "record/record_load.h"
#include "remote/address.h"
#include "remote/remote.h"
#include "remote/remote_ref.h"
#include "remote/tracked.h"
#include "repo/ref.h"
#include "repo/repo.h"
#include "sys/proc.h"

#define MAX_TAGS 16 /* on one another */

/* "<local ref> <id> <remote ref> <id>", as git writes it. The first is what was
 * typed, and may have blanks in it, HEAD^{/fix that}, and newlines. */
struct line {
	const char *local, *remote; /* names, not ended */
	struct gv_oid is, was;      /* zero: deleted; not there yet */
};

/* The id that ends at `end`; the blank in front of it, or NULL. */
static const char *
read_id(struct gv_oid *oid, const char *p, const char *end)
{
	if (end - p <= GV_OID_HEX)
		return NULL;
	end -= GV_OID_HEX + 1;
	return *end == ' ' && gv_oid_parse(oid, end + 1) == 0 ? end : NULL;
}

static bool
read_line(struct line *out, const char *p, const char *end)
{
	const char *at = read_id(&out->was, p, end);
	const char *blank = at ? memrchr(p, ' ', (size_t)(at - p)) : NULL;

	out->local = p;
	out->remote = blank ? blank + 1 : NULL;
	return blank && read_id(&out->is, p, blank);
}

/* Read the line at *p, and go behind it. */
static int
take_line(struct line *out, const char **p, const char *end)
{
	const char *from = *p, *nl = from;
	bool is_read = false;

	for (; !is_read && nl < end; nl++) {
		nl = memchr(nl, '\n', (size_t)(end - nl));
		if (nl == NULL)
			nl = end;
		is_read = read_line(out, from, nl);
	}
	*p = nl < end ? nl : end;
	return is_read
	    ? 0
	    : gv_err(GV_ERROR,
		  "git's report of the push is not as in githooks(5)");
}

static void
add(struct gv_buf *out, const char *sign, const struct gv_oid *oid)
{
	char hex[GV_OID_HEX + 1];

	gv_oid_format(hex, oid);
	gv_buf_addf(out, "%s%s\n", sign, hex);
}

static int
add_loose(struct gv_outgoing *out, const struct gv_oid *blob, const char *name)
{
	int r = GV_GROW(out->loose, out->n_loose, out->cap_loose);

	if (r == 0)
		out->loose[out->n_loose] = (struct gv_sweep_loose){ *blob,
			gv_arena_copy(&out->arena, name, strcspn(name, " ")) };
	if (r < 0 || out->loose[out->n_loose].path == NULL)
		return GV_ENOMEM;
	out->n_loose++;
	return 0;
}

int
gv_outgoing_add_pair(struct gv_outgoing *out, const struct gv_sweep_pair *pair)
{
	int r = GV_GROW(out->trees, out->n_trees, out->cap_trees);

	if (r == 0)
		out->trees[out->n_trees++] = *pair;
	return r;
}

static int
add_tree(struct gv_outgoing *out, const struct gv_oid *tree)
{
	return gv_outgoing_add_pair(out,
	    &(struct gv_sweep_pair){
		.commit = *tree, .from = gv_oid_empty_tree, .to = *tree });
}

static int
add_said(struct gv_outgoing *out, const struct gv_oid *oid)
{
	int r = GV_GROW(out->said, out->n_said, out->cap_said);

	if (r == 0)
		out->said[out->n_said++] = *oid;
	return r;
}

/* A line of the graph: what one object leads to. */
static void
add_edge(
    struct gv_outgoing *out, const struct gv_oid *from, const struct gv_oid *to)
{
	char hex[2][GV_OID_HEX + 1];

	gv_oid_format(hex[0], from);
	gv_oid_format(hex[1], to);
	gv_buf_addf(&out->edges, "%s %s\n", hex[0], hex[1]);
}

struct parents {
	struct gv_outgoing *out;
	const struct gv_oid *of;
};

static int
add_parent(void *ctx, const struct gv_oid *parent)
{
	struct parents *p = ctx;

	add(&p->out->revisions, "", parent);
	add_edge(p->out, p->of, parent);
	return 0;
}

/* What tags say, from a ref to what it is of in the end. */
static int
add_tags(struct gv_outgoing *out, struct gv_odb *odb, struct gv_oid id)
{
	struct gv_object obj = { 0 };
	struct gv_oid to;
	unsigned depth;
	bool is_tag = true;
	int r = 0;

	for (depth = 0; r == 0 && is_tag && depth < MAX_TAGS; depth++) {
		r = gv_odb_read(odb, &obj, &id);
		is_tag = r == 0 && obj.type == GV_OTYPE_TAG &&
		    strncmp((const char *)obj.data, "object ", 7) == 0 &&
		    gv_oid_parse(&to, (const char *)obj.data + 7) == 0;
		if (is_tag) {
			r = add_said(out, &id);
			add_edge(out, &id, &to);
			id = to;
		}
		gv_object_release(&obj);
	}
	return r;
}

/* In a snapshot values are sealed, so it is what it says, the names of its
 * files, and the commits that it holds. Of all other commits, ours or not, all
 * is looked at. */
static int
add_commit(struct gv_outgoing *out, struct gv_repo *repo, struct gv_odb *odb,
    const struct gv_oid *id, bool is_ours)
{
	struct gv_record rec = { .format = 0 };
	struct parents parents = { out, id };
	int r = is_ours ? gv_record_load(&rec, repo, id) : GV_ENOTFOUND;

	if (r == 0 && (r = add_said(out, id)) == 0 &&
	    (r = gv_outgoing_add_named(out, repo, &rec)) == 0)
		r = gv_link_parents(&parents, odb, id, add_parent);
	else if (r == GV_ECORRUPT || r == GV_ENOTFOUND) {
		add(&out->revisions, "", id);
		r = 0;
	}
	gv_record_release(&rec);
	return r;
}

void
gv_outgoing_exclude(struct gv_outgoing *out, const struct gv_oid *commit)
{
	add(&out->revisions, "^", commit);
}

int
gv_outgoing_add_ref(struct gv_outgoing *out, struct gv_repo *repo,
    const struct gv_outgoing_ref *ref)
{
	struct gv_oid id = ref->is;
	enum gv_otype type = GV_OTYPE_COMMIT;
	struct gv_odb *odb;
	int r = gv_repo_odb(repo, &odb);

	if (r == 0)
		r = gv_link_peel(&id, &type, odb);
	/* git says what is missing of it */
	if (r == GV_ENOTFOUND) {
		add(&out->revisions, "", &ref->is);
		return 0;
	}
	if (r < 0 || (r = add_tags(out, odb, ref->is)) < 0)
		return r;
	gv_buf_addf(&out->names, "%s\n", ref->name);
	if (!gv_oid_is_zero(&ref->was))
		add(&out->revisions, "^", &ref->was);
	if (type == GV_OTYPE_BLOB)
		return add_loose(out, &id, ref->name);
	if (type == GV_OTYPE_TREE)
		return add_tree(out, &id);
	return add_commit(out, repo, odb, &id, ref->is_ours);
}

/* A vault ref that goes to a vault ref: no commit of it goes by another name,
 * and no other commit by its name. */
static bool
is_ours(const struct gv_repo *repo, const struct line *line)
{
	const size_t len = strcspn(line->local, "^~@: ");

	return line->local[len] == ' ' &&
	    gv_remote_ref_is_ours(&repo->config, line->local) &&
	    gv_remote_ref_is_ours(&repo->config, line->remote);
}

static bool
begins(const char *name, const char *with)
{
	return strncmp(name, with, strlen(with)) == 0;
}

static int
add_line(struct gv_outgoing *out, struct gv_repo *repo, const struct line *line)
{
	const char *name = gv_arena_copy(
	    &out->arena, line->remote, strcspn(line->remote, " "));
	const struct gv_outgoing_ref ref = { .name = name,
		.is = line->is,
		.was = line->was,
		.is_ours = is_ours(repo, line) };

	return name ? gv_outgoing_add_ref(out, repo, &ref) : GV_ENOMEM;
}

static void
add_lacking(struct gv_outgoing *out, const struct line *line)
{
	static const char heads[] = "refs/heads/";
	const char *name = line->remote + strlen(heads);

	if (gv_oid_is_zero(&line->was) && begins(line->remote, heads))
		gv_buf_addf(
		    &out->lacking, "%.*s\n", (int)strcspn(name, " "), name);
}

static int
add_lines(
    struct gv_outgoing *out, struct gv_repo *repo, const struct gv_buf *lines)
{
	const char *p = lines->p, *end = p + lines->len;
	struct line line;
	int r = 0;

	while (r == 0 && p < end) {
		r = take_line(&line, &p, end);
		if (r < 0 || gv_oid_is_zero(&line.is))
			continue;
		add_lacking(out, &line);
		r = add_line(out, repo, &line);
	}
	if (r == 0 && (r = gv_buf_check(&out->lacking)) == 0)
		r = gv_buf_check(&out->names);
	return r < 0 ? r : gv_buf_check(&out->revisions);
}

/* ---- what the remote has ------------------------------------------------- */

#define TRACKING "refs/remotes/"

/* Whether it is pushed to where fetches come from: what they brought is of
 * another repository otherwise. */
static int
is_fetched_from(
    bool *out, const struct gv_repo *repo, const struct gv_outgoing_to *to)
{
	struct gv_buf url = GV_BUF_INIT;
	int r = gv_remote_address(&url, &repo->config, to->remote, false);

	*out = r > 0 && to->url && gv_remote_is_same_place(url.p, to->url);
	gv_buf_release(&url);
	return r < 0 ? r : 0;
}

/* Whether a remote-tracking ref is of another remote, whose name goes on behind
 * that of this one. */
static bool
is_of_another(
    const struct gv_repo *repo, const char *remote, const char *tracking)
{
	const size_t len = strlen(remote);
	struct gv_remote other;
	size_t at = 0;

	while (gv_remote_next(&other, &at, &repo->config))
		if (other.len > len &&
		    strncmp(tracking, other.name, other.len) == 0 &&
		    tracking[other.len] == '/')
			return true;
	return false;
}

/* Whether the remote lacks a branch that it had when it was last fetched: then
 * its address may be that of another repository since. */
static bool
is_another(const struct gv_outgoing *out, const struct gv_refs *refs,
    struct gv_buf *prefix)
{
	const char *p = out->lacking.p, *nl;
	const size_t len = prefix->len;
	bool is = false;

	for (; out->lacking.len && !is && (nl = strchr(p, '\n')); p = nl + 1) {
		gv_buf_add(prefix, p, (size_t)(nl - p));
		is = gv_buf_check(prefix) < 0 ||
		    gv_refs_find(refs, prefix->p) != NULL;
		gv_buf_truncate(prefix, len);
	}
	return is;
}

/* What fetches from the remote have brought, and how far it says what is
 * there. */
struct fetched {
	struct gv_refs branches;
	enum { NONE, WHAT_IT_LISTS, ALL } counts;
	enum gv_address address;
};

static int
find_fetched(struct fetched *out, const struct gv_outgoing *what,
    const struct gv_repo *repo, const struct gv_outgoing_to *to)
{
	struct gv_buf prefix = GV_BUF_INIT;
	bool is_same;
	int r = is_fetched_from(&is_same, repo, to);

	*out = (struct fetched){ .counts = NONE };
	if (r < 0 || !is_same)
		return r;
	gv_buf_addf(&prefix, TRACKING "%s/", to->remote);
	if ((r = gv_buf_check(&prefix)) == 0)
		r = gv_address_look(&out->address, repo, to->remote, to->url);
	if (r == 0 && (r = gv_ref_list(&out->branches, repo, prefix.p)) == 0)
		out->counts = out->address == GV_ADDRESS_OTHER ||
			is_another(what, &out->branches, &prefix)
		    ? WHAT_IT_LISTS
		    : ALL;
	gv_buf_release(&prefix);
	return r;
}

/* Ask it what its refs point at, as a set of ids; empty where it does not
 * answer. */
static int
ask(struct gv_map *tips, struct gv_proc *git, const struct gv_repo *repo,
    const struct gv_outgoing_to *to)
{
	const char *const argv[] = { "git", "-c", "core.askPass=", "ls-remote",
		"--refs", "--", to->url, NULL };
	int r = gv_remote_run(git, argv, &repo->config);
	const char *p, *end, *nl;

	if (r == GV_ERROR || git->status != 0)
		return r == GV_ERROR ? 0 : r;
	for (p = git->out.p, end = p + git->out.len; r == 0 && p < end;
	     p = nl ? nl + 1 : end) {
		nl = memchr(p, '\n', (size_t)(end - p));
		if ((nl ? nl : end) - p > GV_OID_HEX)
			r = gv_map_put(tips, p, GV_OID_HEX, git);
	}
	return r;
}

static bool
is_tip(const struct gv_map *tips, const struct gv_oid *oid)
{
	char hex[GV_OID_HEX + 1];

	gv_oid_format(hex, oid);
	return gv_map_get(tips, hex, GV_OID_HEX) != NULL;
}

/* Whether it has all of these, too. */
static int
has_theirs(bool *has, const struct gv_map *tips, const struct gv_repo *repo,
    const struct gv_outgoing_to *to)
{
	struct gv_refs theirs = { 0 };
	size_t i;
	int r = gv_tracked_load(&theirs, repo, to->remote);

	*has = r == 0;
	for (i = 0; *has && i < theirs.n; i++)
		*has = is_tip(tips, &theirs.refs[i].oid);
	gv_refs_release(&theirs);
	return r;
}

/* Its address is known again once all of them are there, of branches and of the
 * vault. */
int
gv_outgoing_add_known(struct gv_outgoing *out, const struct gv_repo *repo,
    const struct gv_outgoing_to *to)
{
	struct gv_map tips = GV_MAP_INIT;
	struct gv_proc git = GV_PROC_INIT;
	struct fetched fetched = { .counts = NONE };
	bool are_all;
	size_t i;
	int r = 0;

	if (out->revisions.len)
		r = find_fetched(&fetched, out, repo, to);
	if (r == 0 && fetched.counts == WHAT_IT_LISTS)
		r = ask(&tips, &git, repo, to);
	are_all = r == 0 && fetched.branches.n;
	for (i = 0; r == 0 && i < fetched.branches.n; i++) {
		const struct gv_ref *ref = &fetched.branches.refs[i];

		if (is_of_another(
			repo, to->remote, ref->name + strlen(TRACKING)))
			continue;
		if (fetched.counts == ALL || is_tip(&tips, &ref->oid))
			add(&out->revisions, "^", &ref->oid);
		else
			are_all = false;
	}
	if (are_all && fetched.counts == WHAT_IT_LISTS)
		r = has_theirs(&are_all, &tips, repo, to);
	if (are_all && fetched.address != GV_ADDRESS_SAME)
		gv_address_save(repo, to->remote, to->url);
	gv_map_release(&tips);
	gv_proc_release(&git);
	gv_refs_release(&fetched.branches);
	return r < 0 ? r : gv_buf_check(&out->revisions);
}

int
gv_outgoing_read(struct gv_outgoing *out, struct gv_repo *repo,
    const struct gv_outgoing_to *to, const struct gv_buf *lines)
{
	int r = add_lines(out, repo, lines);

	return r < 0 ? r : gv_outgoing_add_known(out, repo, to);
}

/* ---- all of it ----------------------------------------------------------- */

bool
gv_outgoing_is_empty(const struct gv_outgoing *out)
{
	return out->names.len == 0 && out->revisions.len == 0 &&
	    out->n_loose + out->n_trees + out->n_said == 0;
}

int
gv_outgoing_add(
    struct gv_sweep *sweep, const struct gv_outgoing *out, struct gv_buf *graph)
{
	static const char *const none[] = { NULL };
	const struct gv_sweep_push push = { .had = none,
		.pairs = out->trees,
		.n_pairs = out->n_trees,
		.loose = out->loose,
		.n_loose = out->n_loose,
		.revisions = &out->revisions,
		.said = out->said,
		.n_said = out->n_said,
		.more = out->more,
		.n_more = out->n_more,
		.names = &out->names,
		.graph = graph };

	return gv_sweep_add_push(sweep, &push);
}

void
gv_outgoing_release(struct gv_outgoing *out)
{
	gv_buf_release(&out->revisions);
	gv_buf_release(&out->lacking);
	gv_buf_release(&out->names);
	gv_buf_release(&out->edges);
	free(out->loose);
	free(out->trees);
	free(out->said);
	free(out->more);
	gv_map_release(&out->layers);
	gv_disclosure_release(&out->disclosure);
	gv_arena_release(&out->arena);
}
