#include <fcntl.h>
#include <string.h>

#include "base/err.h"
#include "base/path.h"
#include "detect/baseline.h"
#include "gate/outgoing.h"
#include "remote/remote.h"
#include "repo/ref.h"
#include "repo/repo.h"
#include "sys/file.h"

#define ALLOWED "allowed" /* in the vault's folder of the repository */
#define MAX     ((size_t)16 * 1024 * 1024)
#define ABBREV  12

/*
 * A finding holds back the commit that brought it, and all that leads there:
 * the graph has the oldest commits first, so that one look at each line finds
 * all of them. Of a version of a file git tells the first commit that brings
 * it; where others on another line of history do so as well, these are found
 * once more when nothing is sent but what was left, so who asks looks again
 * until nothing is held back.
 */

static int
path_of(struct gv_buf *out, const struct gv_repo *repo)
{
	gv_buf_addf(out, "%s/" ALLOWED, repo->vault_dir);
	return gv_buf_check(out);
}

static int
hold(struct gv_outgoing_gate *gate, const struct gv_oid *oid,
    const struct gv_finding *f)
{
	const char *key;

	if (gv_map_get(&gate->held, oid->id, GV_OID_RAW))
		return 0;
	key = gv_arena_copy(&gate->arena, (const char *)oid->id, GV_OID_RAW);
	return key ? gv_map_put(&gate->held, key, GV_OID_RAW, (void *)f)
		   : GV_ENOMEM;
}

static int
hold_places(struct gv_outgoing_gate *gate, const struct gv_finding *f)
{
	const struct gv_finding_place *p;
	int r = 0;

	gate->n++;
	for (p = f->places; r == 0 && p; p = p->next)
		r = hold(gate,
		    gv_oid_is_zero(&p->introduced) ? &p->blob : &p->introduced,
		    f);
	return r;
}

/* Lines of an id and those that it leads to. */
static int
spread(struct gv_outgoing_gate *gate, const struct gv_buf *lines)
{
	const char *p = lines->p, *end = p + lines->len, *nl;
	const struct gv_finding *f;
	struct gv_oid own, id;
	int r = 0;

	for (; r == 0 && p < end; p = nl + 1) {
		nl = memchr(p, '\n', (size_t)(end - p));
		if (nl == NULL || gv_oid_parse(&own, p) < 0)
			break;
		for (p += GV_OID_HEX, f = NULL; !f && *p == ' ';
		     p += GV_OID_HEX + 1)
			if (gv_oid_parse(&id, p + 1) == 0)
				f = gv_map_get(&gate->held, id.id, GV_OID_RAW);
		if (f)
			r = hold(gate, &own, f);
	}
	return r;
}

/* Tags lead to others, whose lines come behind theirs. */
static int
judge(struct gv_outgoing_gate *gate, const struct gv_buf *graph,
    const struct gv_outgoing *out)
{
	size_t i, before;
	int r = 0;

	for (i = 0; r == 0 && i < gate->sweep->n; i++)
		if (gv_finding_counts(
			&gate->sweep->findings[i], GV_FINDING_LIKELY))
			r = hold_places(gate, &gate->sweep->findings[i]);
	if (r < 0 || gate->n == 0)
		return r;
	r = spread(gate, graph);
	do {
		before = gate->held.n;
		if (r == 0)
			r = spread(gate, &out->edges);
	} while (r == 0 && gate->held.n > before);
	return r;
}

int
gv_outgoing_look(struct gv_outgoing_gate *gate, struct gv_repo *repo,
    struct gv_outgoing *out, int64_t now)
{
	const size_t len = out->revisions.len;
	struct gv_oid rules;
	struct gv_sweep_opts how = { .repo = repo, .now = now };
	struct gv_buf graph = GV_BUF_INIT, path = GV_BUF_INIT;
	int r = path_of(&path, repo);

	if (r < 0 || gv_outgoing_is_empty(out))
		goto out;
	if (gate->built_in) {
		how.policy = how.policy_name = "";
		how.policy_is_accepted = true;
	} else if (gv_file_exists(AT_FDCWD, path.p)) {
		how.baseline = path.p;
	}
	if ((r = gv_sweep_new(&gate->sweep, &how)) < 0 ||
	    (r = gv_sweep_sum_rules(&rules, gate->sweep)) < 0 ||
	    (r = gv_outgoing_clear(out, repo, &rules)) < 0 ||
	    (r = gv_outgoing_add(gate->sweep, out, &graph)) < 0 ||
	    (r = gv_sweep_run(gate->sweep)) < 0)
		goto out;
	if (gate->sweep->n + gate->sweep->n_notes + gate->sweep->n_shallow == 0)
		gv_outgoing_save_clear(out, len, repo, &rules);
	r = judge(gate, &graph, out);
out:
	gv_buf_release(&graph);
	gv_buf_release(&path);
	return r;
}

/* Whether the n-th line of the names is that one. */
static bool
is_line(const struct gv_buf *names, unsigned n, const char *name)
{
	const char *p = names->p;
	const size_t len = strlen(name);

	while (--n && (p = strchr(p, '\n')))
		p++;
	return p && strncmp(p, name, len) == 0 && p[len] == '\n';
}

const struct gv_finding *
gv_outgoing_blame(const struct gv_outgoing_gate *gate,
    const struct gv_outgoing *out, const struct gv_outgoing_ref *ref)
{
	const struct gv_finding *f;
	size_t i;

	if (gate->n == 0)
		return NULL;
	f = gv_map_get(&gate->held, ref->is.id, GV_OID_RAW);
	for (i = 0; f == NULL && i < gate->sweep->n; i++) {
		const struct gv_finding *at = &gate->sweep->findings[i];

		if (gv_finding_counts(at, GV_FINDING_LIKELY) &&
		    strcmp(at->path, GV_SWEEP_REFS) == 0 && at->line &&
		    is_line(&out->names, at->line, ref->name))
			f = at;
	}
	return f;
}

bool
gv_outgoing_describe(struct gv_buf *out, const struct gv_outgoing_gate *gate,
    const struct gv_finding *f)
{
	char hex[GV_OID_HEX + 1];

	gv_path_quote(out, f->path, strlen(f->path));
	gv_buf_addf(out, ":%u: possible secret (%s)", f->line, f->rule->id);
	if (f->places && !gv_oid_is_zero(&f->places->introduced)) {
		gv_oid_format(hex, &f->places->introduced);
		gv_buf_addf(out, " in commit %.*s", ABBREV, hex);
	}
	return gate->sweep->key != NULL;
}

static int
exclude_remotes(struct gv_outgoing *out, const struct gv_repo *repo)
{
	struct gv_refs refs = { .n = 0 };
	size_t i;
	int r = gv_ref_list(&refs, repo, "refs/remotes/");

	for (i = 0; r == 0 && i < refs.n; i++)
		gv_outgoing_exclude(out, &refs.refs[i].oid);
	gv_refs_release(&refs);
	return r;
}

int
gv_outgoing_commit(
    char **why, struct gv_repo *repo, const struct gv_oid *commit, int64_t now)
{
	const struct gv_outgoing_ref ref = { .name = "HEAD", .is = *commit };
	struct gv_outgoing out = GV_OUTGOING_INIT;
	struct gv_outgoing_gate gate = GV_OUTGOING_GATE_INIT;
	struct gv_buf text = GV_BUF_INIT;
	const struct gv_finding *f;
	struct gv_remote remote;
	size_t at = 0;
	int r = 0;

	*why = NULL;
	if (!gv_remote_next(&remote, &at, &repo->config))
		return 0;
	if ((r = gv_outgoing_add_ref(&out, repo, &ref)) < 0 ||
	    (r = exclude_remotes(&out, repo)) < 0 ||
	    (r = gv_outgoing_look(&gate, repo, &out, now)) < 0)
		goto out;
	f = gv_outgoing_blame(&gate, &out, &ref);
	if (f) {
		(void)gv_outgoing_describe(&text, &gate, f);
		if ((r = gv_buf_check(&text)) == 0)
			*why = gv_buf_take(&text);
	}
out:
	gv_buf_release(&text);
	gv_outgoing_gate_release(&gate);
	gv_outgoing_release(&out);
	return r;
}

void
gv_outgoing_gate_release(struct gv_outgoing_gate *gate)
{
	if (gate == NULL)
		return;
	gv_sweep_free(gate->sweep);
	gv_map_release(&gate->held);
	gv_arena_release(&gate->arena);
	memset(gate, 0, sizeof(*gate));
}

int
gv_outgoing_allow(
    struct gv_repo *repo, const char *const *fingerprints, size_t n)
{
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;
	struct gv_baseline all = { .n = 0 };
	size_t i;
	int r = path_of(&path, repo);

	if (r == 0)
		r = gv_file_read(&text, AT_FDCWD, path.p, MAX);
	if (r == GV_ENOTFOUND) {
		gv_buf_addstr(&text, GV_BASELINE_HEAD "\n");
		r = gv_repo_make_vault_dir(repo);
	}
	for (i = 0; r == 0 && i < n; i++)
		gv_buf_addf(&text, "%s\n", fingerprints[i]);
	if (r == 0 && (r = gv_buf_check(&text)) == 0)
		r = gv_baseline_parse(&all, "vault/" ALLOWED, text.p, text.len);
	if (r == GV_EREFUSED)
		r = gv_err_in(GV_EUSAGE, "--allow");
	if (r == 0)
		r = gv_file_replace(
		    AT_FDCWD, path.p, text.p, text.len, 0600, true);
	gv_baseline_release(&all);
	gv_buf_release(&text);
	gv_buf_release(&path);
	return r;
}
