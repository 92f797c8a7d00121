#include <fcntl.h>
#include <string.h>

#include "base/enc.h"
#include "base/err.h"
#include "crypto/sha.h"
#include "drill/drill_internal.h"
#include "record/good.h"
#include "sys/file.h"

/*
 * What a known-good record says of its snapshot is demanded of what the clone
 * got back: the commit and both trees, the digests of artifacts that are files,
 * each state with its serial and lineage, and somebody who could read then.
 */

#define ARTIFACT_MOST ((size_t)1 << 30)

struct asked {
	uint64_t artifacts, elsewhere, states, readers, present;
};

static int
fail(struct gv_drill_run *run, struct gv_drill_step *step, const char *what,
    const char *name)
{
	const char *detail = gv_drill_text(run->drill,
	    "%s%s%s is not what the known-good record says", what,
	    *name ? " " : "", name);
	const char *next =
	    gv_drill_text(run->drill, "git vault good show %s", run->opts->env);

	return detail && next
	    ? gv_drill_fail_as(run, step, "not_as_recorded", detail, next)
	    : GV_ENOMEM;
}

/* ---- commit and trees ---------------------------------------------------- */

/* Whether a name in the clone stands for this object. */
static int
is_object(struct gv_drill_run *run, const char *name, const struct gv_oid *id)
{
	const char *const args[] = { "rev-parse", "--verify", "--quiet", name,
		NULL };
	struct gv_buf out = GV_BUF_INIT;
	char hex[GV_OID_HEX + 1];
	int r = name ? gv_drill_git(&out, run, args) : GV_ENOMEM;

	gv_oid_format(hex, id);
	if (r >= 0)
		r = r == 0 && out.len >= GV_OID_HEX &&
		    memcmp(out.p, hex, GV_OID_HEX) == 0;
	gv_buf_release(&out);
	return r;
}

static int
hold_commit(struct gv_drill_run *run, struct gv_drill_step *step,
    const struct gv_good *good)
{
	char hex[GV_OID_HEX + 1];
	int r = 1;

	gv_oid_format(hex, &good->code);
	if (!gv_oid_is_zero(&good->code_tree))
		r = is_object(run, gv_drill_text(run->drill, "%s^{tree}", hex),
		    &good->code_tree);
	if (r == 0)
		return fail(run, step, "the commit", hex);
	if (r > 0 && !gv_oid_is_zero(&good->snapshot_tree))
		r = is_object(run,
		    gv_drill_text(run->drill, "refs/vault/snapshots/%s:tree",
			run->drill->snapshot),
		    &good->snapshot_tree);
	return r == 0
	    ? fail(run, step, "the tree of snapshot", run->drill->snapshot)
	    : r < 0 ? r
		    : 0;
}

/* ---- artifacts ----------------------------------------------------------- */

static bool
is_inside(const char *name)
{
	return *name != '/' && strstr(name, "..") == NULL;
}

/* An artifact that is no file of the tree, such as an image, is elsewhere. */
static int
hold_artifact(struct gv_drill_run *run, struct gv_drill_step *step,
    const struct gv_good_item *item, struct asked *n)
{
	const char *path =
	    gv_drill_text(run->drill, "%s/%s", run->clone, item->name);
	unsigned char sum[GV_SHA_BYTES];
	char digits[2 * GV_SHA_BYTES + 1];
	struct gv_buf bytes = GV_BUF_INIT;
	int r = 0;

	if (path == NULL)
		return GV_ENOMEM;
	if (!is_inside(item->name) || !gv_file_is_regular(AT_FDCWD, path)) {
		n->elsewhere++;
		return 0;
	}
	r = gv_file_read(&bytes, AT_FDCWD, path, ARTIFACT_MOST);
	if (r == 0) {
		gv_sha_sum(sum, bytes.len ? bytes.p : "", bytes.len);
		gv_enc_hex(digits, sum, sizeof(sum));
		n->artifacts++;
		if (strcmp(digits, item->sha256) != 0)
			r = fail(run, step, "the artifact", item->name);
	}
	gv_buf_release(&bytes);
	return r;
}

/* ---- states -------------------------------------------------------------- */

static bool
is_as_recorded(const struct gv_answer *a, const struct gv_good_state *state)
{
	const struct gv_unjson_node *version =
	    a->doc ? gv_unjson_get(gv_unjson_root(a->doc), "version") : NULL;
	const char *lineage =
	    version ? gv_unjson_get_text(version, "lineage") : NULL;
	const int64_t serial =
	    version ? gv_unjson_count(gv_unjson_get(version, "serial")) : -1;

	return a->status == 0 &&
	    (!state->has_serial || serial == (int64_t)state->serial) &&
	    (state->lineage == NULL ||
		(lineage && strcmp(lineage, state->lineage) == 0));
}

static int
hold_state(struct gv_drill_run *run, struct gv_drill_step *step,
    const struct gv_good_state *state, struct asked *n)
{
	char hex[GV_OID_HEX + 1];
	const char *const args[] = { "state", "verify", "--env", run->opts->env,
		"--stack", state->stack, hex, NULL };
	struct gv_answer a;
	int r;

	gv_oid_format(hex, &state->version);
	if ((r = gv_drill_ask(&a, run, args)) < 0)
		return r;
	n->states++;
	if (!is_as_recorded(&a, state))
		r = fail(run, step, "the state", state->stack);
	gv_answer_release(&a);
	return r;
}

/* ---- readers ------------------------------------------------------------- */

static bool
is_named(const struct gv_unjson_node *list, const char *name)
{
	const struct gv_unjson_node *one;

	for (one = list ? list->first : NULL; one; one = one->next) {
		const char *text = gv_unjson_get_text(one, "name");

		if (text && strcmp(text, name) == 0)
			return true;
	}
	return false;
}

/* People come and go; but one of them has to be left. */
static int
hold_readers(struct gv_drill_run *run, struct gv_drill_step *step,
    const struct gv_good *good, struct asked *n)
{
	static const char *const args[] = { "key", "list", NULL };
	const struct gv_unjson_node *list;
	struct gv_answer a;
	size_t i;
	int r;

	if (good->n_readers == 0)
		return 0;
	if ((r = gv_drill_ask(&a, run, args)) < 0)
		return r;
	list =
	    a.doc ? gv_unjson_get(gv_unjson_root(a.doc), "recipients") : NULL;
	n->readers = good->n_readers;
	for (i = 0; i < good->n_readers; i++)
		n->present += is_named(list, good->readers[i].name);
	if (n->present == 0)
		r = fail(run, step, "the list of those who read", "");
	gv_answer_release(&a);
	return r;
}

/* ---- the stage ----------------------------------------------------------- */

static int
hold(struct gv_drill_run *run, struct gv_drill_step *step,
    const struct gv_good *good, struct asked *n)
{
	size_t i;
	int r = hold_commit(run, step, good);

	for (i = 0; r == 0 && i < good->n_artifacts; i++)
		r = hold_artifact(run, step, &good->artifacts[i], n);
	for (i = 0; r == 0 && i < good->n_states; i++)
		r = hold_state(run, step, &good->states[i], n);
	return r == 0 ? hold_readers(run, step, good, n) : r;
}

bool
gv_drill_is_of_record(const struct gv_drill_run *run)
{
	return run->opts->env && run->opts->snapshot == NULL &&
	    !run->opts->is_random;
}

int
gv_drill_good(struct gv_drill_run *run, struct gv_drill_step *step)
{
	struct gv_good good = GV_GOOD_INIT;
	struct asked n = { .states = 0 };
	int r;

	step->result = GV_DRILL_NOTHING;
	if (!gv_drill_is_of_record(run)) {
		step->detail = "it is not about a known-good record";
		return 0;
	}
	if ((r = gv_good_resolve(&good, NULL, run->repo, run->opts->env)) < 0 ||
	    (r = hold(run, step, &good, &n)) < 0 ||
	    step->result == GV_DRILL_FAILED)
		goto out;
	step->result = GV_DRILL_PASSED;
	step->detail = gv_drill_text(run->drill,
	    "as record %u says: commit, %llu artifact%s (%llu elsewhere), "
	    "%llu state%s, %llu of %llu readers",
	    good.n, (unsigned long long)n.artifacts,
	    n.artifacts == 1 ? "" : "s", (unsigned long long)n.elsewhere,
	    (unsigned long long)n.states, n.states == 1 ? "" : "s",
	    (unsigned long long)n.present, (unsigned long long)n.readers);
	r = step->detail ? 0 : GV_ENOMEM;
out:
	gv_good_release(&good);
	return r;
}
