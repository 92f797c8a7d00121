#include "good/good_gather.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/enc.h"
#include "base/err.h"
#include "base/utf8.h"
#include "base/vec.h"
#include "good/artifact.h"
#include "good/good_deployed.h"
#include "good/good_mark.h"
#include "key/keyring_store.h"
#include "object/odb.h"
#include "policy/disclosure.h"
#include "record/good_internal.h"
#include "record/record_resolve.h"
#include "repo/hash.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "safe/safe.h"
#include "state/track.h"
#include "state/track_binding.h"
#include "sys/env.h"
#include "sys/file.h"
#include "vault/author.h"
#include "view/diff.h"

#define SHA256     32
#define SHA256_HEX 64
#define PIECE      65536
#define ABBREV     10
#define NAME_BYTES 1024 /* bytes of a name or an address */

static const char sha256_mark[] = "=sha256:";

/* ---- what it is of ------------------------------------------------------ */

/* Zero where there is no commit; its tree is read, so it is here. */
static int
tree_of(struct gv_oid *out, struct gv_repo *repo, const struct gv_oid *commit)
{
	struct gv_diff_side side = { .loaded = NULL };
	int r;

	memset(out, 0, sizeof(*out));
	if (gv_oid_is_zero(commit))
		return 0;
	if ((r = gv_diff_side_of_commit(&side, repo, commit)) == 0)
		*out = side.tree;
	return r;
}

static int
find_commit(
    struct gv_good *good, struct gv_repo *repo, const struct gv_good_what *what)
{
	const char *own = good->pipeline.commit;
	int r = 0;

	if (what->commit) {
		if ((r = gv_record_commit(&good->code, what->commit)) == 0)
			return gv_err(GV_ENOTFOUND,
			    "git knows no commit '%.200s'", what->commit);
	} else if (!gv_oid_is_zero(&repo->head)) {
		good->code = repo->head;
	} else if (own) {
		r = gv_record_commit(&good->code, own);
	}
	return r < 0 ? r : 0;
}

static int
set_snapshot(struct gv_good *good, const struct gv_record *rec)
{
	good->snapshot = rec->commit;
	good->snapshot_tree = rec->tree;
	return gv_good_copy(good, &good->snapshot_id, rec->id);
}

static int
other_commit(const struct gv_record *rec, const char *commit)
{
	char hex[GV_OID_HEX + 1];

	gv_oid_format(hex, &rec->base);
	return gv_err(GV_EREFUSED,
	    "snapshot %s was taken on commit %.*s, not on '%.200s': mark the "
	    "one or the other",
	    rec->id, ABBREV, hex, commit);
}

static int
not_whole(const struct gv_record *rec)
{
	struct gv_buf only = GV_BUF_INIT;
	int r;

	gv_good_add_reason(&only, rec->only);
	if ((r = gv_buf_check(&only)) == 0)
		r = gv_err(GV_EREFUSED,
		    "snapshot %s contains only %s, but a rollback needs all "
		    "files: mark a snapshot of all files, or leave out "
		    "--snapshot",
		    rec->id, only.p);
	gv_buf_release(&only);
	return r;
}

/* The snapshot that is named, and the commit that it was taken on. */
static int
find_snapshot(
    struct gv_good *good, struct gv_repo *repo, const struct gv_good_what *what)
{
	struct gv_record rec = { 0 };
	int r = gv_record_resolve(
	    &rec, repo, &(struct gv_record_query){ .text = what->snapshot });

	if (r < 0)
		return r;
	if (rec.only && (r = not_whole(&rec)) < 0)
		goto out;
	if (what->commit && (r = find_commit(good, repo, what)) < 0)
		goto out;
	if (what->commit && !gv_oid_equal(&good->code, &rec.base)) {
		r = other_commit(&rec, what->commit);
		goto out;
	}
	good->code = rec.base;
	if ((r = set_snapshot(good, &rec)) < 0)
		goto out;
	if (what->is_return)
		r = gv_good_code_of(&good->code, repo, &rec, good->env);
out:
	gv_record_release(&rec);
	return r;
}

/* Nobody named the snapshot, so it must be one in which the environment is
 * whole. A candidate that a hook makes does without it. */
static int
find_newest(struct gv_good *good, struct gv_repo *repo, const char *env,
    bool is_by_hook)
{
	struct gv_record rec = { 0 };
	struct gv_good_stray stray = { .path = GV_BUF_INIT };
	int r = gv_good_deployed(&rec, &stray, repo, &good->code, env);

	if (r > 0 && (r = gv_good_check_whole(repo, &rec, env)) == 0)
		r = set_snapshot(good, &rec);
	if (r == GV_EREFUSED && is_by_hook)
		r = 0;
	if (r == 0 && stray.path.len) {
		if ((r = gv_good_copy(good, &good->stray, stray.path.p)) == 0)
			r = gv_good_copy(good, &good->stray_id, stray.id);
	}
	gv_record_release(&rec);
	gv_buf_release(&stray.path);
	return r;
}

int
gv_good_complete(struct gv_good *good, struct gv_repo *repo)
{
	int r;

	if (good->snapshot_id || gv_oid_is_zero(&good->code))
		return 0;
	r = find_newest(good, repo, good->env, false);
	if (r == 0 && good->snapshot_id)
		good->target = good->snapshot;
	return r;
}

int
gv_good_gather_subject(
    struct gv_good *good, struct gv_repo *repo, const struct gv_good_what *what)
{
	int r = what->snapshot ? find_snapshot(good, repo, what)
			       : find_commit(good, repo, what);

	if (r == 0 && what->snapshot == NULL && gv_oid_is_zero(&good->code))
		return gv_err(GV_ENOTFOUND,
		    "there is no commit to mark: name one by --commit, or a "
		    "snapshot by --snapshot");
	if (r == 0 && what->snapshot == NULL)
		r = find_newest(
		    good, repo, what->env, what->sign == GV_GOOD_SIGN_IF_CAN);
	if (r == 0)
		r = tree_of(&good->code_tree, repo, &good->code);
	good->target = good->snapshot_id ? good->snapshot : good->code;
	return r;
}

/* ---- artifacts and evidence --------------------------------------------- */

static int
compare_items(const void *a, const void *b)
{
	const struct gv_good_item *x = a, *y = b;

	return strcmp(x->uri ? x->uri : x->name, y->uri ? y->uri : y->name);
}

static int
check_text(const char *what, const char *text)
{
	size_t i, len = strlen(text);

	for (i = 0; i < len; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			break;
	return len && len <= NAME_BYTES && i == len &&
		gv_utf8_is_valid(text, len)
	    ? 0
	    : gv_err(GV_EUSAGE,
		  "the name of %s is one to %d bytes of UTF-8 without control "
		  "characters",
		  what, NAME_BYTES);
}

static int
add_artifact(struct gv_good *good, struct gv_disclosure *d, const char *text)
{
	struct gv_good_item *out = &good->artifacts[good->n_artifacts];
	const char *p = text, *mark = NULL, *digits;
	char *name;
	int r;

	for (; (p = strstr(p, sha256_mark)); p++)
		mark = p;
	digits = mark ? mark + sizeof(sha256_mark) - 1 : "";
	if (mark == NULL || strlen(digits) != SHA256_HEX ||
	    strspn(digits, "0123456789abcdef") != SHA256_HEX)
		return gv_err(GV_EUSAGE,
		    "an artifact is NAME=sha256: and 64 digits, not '%.200s'",
		    text);
	name = gv_arena_copy(&good->arena, text, (size_t)(mark - text));
	if (name == NULL)
		return gv_err_nomem();
	if (strncmp(name, "git:", 4) == 0 || strncmp(name, "vault:", 6) == 0)
		return gv_err(GV_EUSAGE,
		    "names that begin with git: or vault: are reserved for the "
		    "record itself: '%.200s'",
		    name);
	out->name = name;
	good->n_artifacts++;
	r = gv_artifact_check_name(d, name, strlen(name));
	return r < 0 ? r : gv_good_copy(good, &out->sha256, digits);
}

static int
digest_file(char hex[SHA256_HEX + 1], const char *path)
{
	unsigned char sum[SHA256], *piece = malloc(PIECE);
	struct gv_hash_sha256 hash;
	struct stat st;
	ssize_t n = 0;
	int fd = -1, r;

	if (piece == NULL)
		return gv_err_nomem();
	gv_hash_sha256_init(&hash);
	r = gv_file_open(&fd, &st, AT_FDCWD, path);
	while (r == 0 && (n = gv_file_read_some(fd, piece, PIECE)) > 0)
		gv_hash_sha256_update(&hash, piece, (size_t)n);
	if (r == 0 && n < 0)
		r = gv_err_sys("cannot read the evidence '%s'", path);
	gv_hash_sha256_finish(&hash, sum);
	gv_enc_hex(hex, sum, SHA256);
	gv_file_close(fd);
	free(piece);
	return r;
}

/* An address is kept as it stands, so nobody may get in by it. */
static int
check_address(const char *what, const char *text)
{
	const char *scheme = strstr(text, "://");
	const char *host = scheme ? scheme + 3 : text;

	if (memchr(host, '@', strcspn(host, "/?#")))
		return gv_err(GV_EUSAGE,
		    "an address in a record is read by all, and this one has "
		    "a name or password before its host: leave that out");
	return check_text(what, text);
}

static int
add_evidence(struct gv_good *good, const char *text)
{
	struct gv_good_item *out = &good->evidence[good->n_evidence];
	char hex[SHA256_HEX + 1];
	int r;

	good->n_evidence++;
	if (strstr(text, "://")) {
		r = check_address("evidence", text);
		return r < 0 ? r : gv_good_copy(good, &out->uri, text);
	}
	if ((r = check_text("evidence", text)) == 0 &&
	    (r = digest_file(hex, text)) == 0)
		r = gv_good_copy(good, &out->name, text);
	return r < 0 ? r : gv_good_copy(good, &out->sha256, hex);
}

static int
check_twice(const struct gv_good_item *items, size_t n)
{
	size_t i;

	for (i = 1; i < n; i++)
		if (compare_items(&items[i - 1], &items[i]) == 0)
			return gv_err(GV_EUSAGE, "'%.200s' is given twice",
			    items[i].uri ? items[i].uri : items[i].name);
	return 0;
}

static int
room(struct gv_good *good, void *out, size_t n, size_t size)
{
	void *p;

	if (n > GV_GOOD_ITEMS)
		return gv_err(GV_EUSAGE,
		    "a record has room for %d of a kind, not for %zu",
		    GV_GOOD_ITEMS, n);
	p = gv_arena_alloc(&good->arena, (n + 1) * size);
	if (p == NULL)
		return gv_err_nomem();
	memcpy(out, &p, sizeof(p));
	return 0;
}

static int
gather_evidence(struct gv_good *good, const struct gv_good_what *what)
{
	size_t i;
	int r = room(
	    good, &good->evidence, what->n_evidence, sizeof(*good->evidence));

	for (i = 0; r == 0 && i < what->n_evidence; i++)
		r = add_evidence(good, what->evidence[i]);
	if (r < 0)
		return r;
	qsort(good->evidence, good->n_evidence, sizeof(*good->evidence),
	    compare_items);
	return check_twice(good->evidence, good->n_evidence);
}

static int
gather_artifacts(
    struct gv_good *good, struct gv_repo *repo, const struct gv_good_what *what)
{
	struct gv_disclosure d = GV_DISCLOSURE_INIT(repo);
	size_t i;
	int r = room(good, &good->artifacts, what->n_artifacts,
	    sizeof(*good->artifacts));

	if (r == 0)
		r = gv_disclosure_check(
		    &d, "the name of an environment", what->env);
	for (i = 0; r == 0 && i < what->n_artifacts; i++)
		r = add_artifact(good, &d, what->artifacts[i]);
	gv_disclosure_release(&d);
	return r;
}

static int
gather_items(
    struct gv_good *good, struct gv_repo *repo, const struct gv_good_what *what)
{
	size_t i;
	int r = gather_artifacts(good, repo, what);

	if (r == 0)
		r = room(good, &good->approvers, what->n_approvers,
		    sizeof(*good->approvers));
	for (i = 0; r == 0 && i < what->n_approvers; i++) {
		if ((r = check_text("an approver", what->approvers[i])) == 0)
			r = gv_good_copy(good,
			    &good->approvers[good->n_approvers++],
			    what->approvers[i]);
	}
	if (r < 0)
		return r;
	qsort(good->artifacts, good->n_artifacts, sizeof(*good->artifacts),
	    compare_items);
	r = check_twice(good->artifacts, good->n_artifacts);
	return r < 0 ? r : gather_evidence(good, what);
}

/* ---- the pipeline ------------------------------------------------------- */

/* Into the arena, what is not UTF-8 being left out. */
static int
keep(struct gv_good *good, char **out, const char *text)
{
	const char *copy = NULL;
	int r = text && gv_utf8_is_valid(text, strlen(text))
	    ? gv_good_copy(good, &copy, text)
	    : 0;

	*out = (char *)copy;
	return r;
}

static int
check_run(const char *url)
{
	int r = check_address("a pipeline's run", url);

	if (r == 0 && !gv_pipeline_is_url(url))
		r = gv_err(GV_EUSAGE,
		    "the address of a pipeline's run is one by https or http: "
		    "name all of it, such as https://ci.example.com/run/7");
	return r;
}

static int
detect(struct gv_pipeline *p, struct gv_good *good, struct gv_repo *repo)
{
	struct gv_disclosure d = GV_DISCLOSURE_INIT(repo);
	struct gv_buf withheld = GV_BUF_INIT;
	int r = gv_disclosure_pipeline(p, &withheld, &d);

	if (r == 0 && withheld.len)
		r = gv_good_copy(good, &good->withheld, withheld.p);
	gv_disclosure_release(&d);
	gv_buf_release(&withheld);
	return r;
}

static int
gather_pipeline(
    struct gv_good *good, struct gv_repo *repo, const struct gv_good_what *what)
{
	struct gv_pipeline p, *out = &good->pipeline;
	int r = detect(&p, good, repo);

	out->provider = p.provider;
	out->is_odd = p.is_odd;
	if (r < 0 || (r = keep(good, &out->actor, p.actor)) < 0 ||
	    (r = keep(good, &out->run, p.run)) < 0 ||
	    (r = keep(good, &out->job, p.job)) < 0 ||
	    (r = keep(good, &out->attempt, p.attempt)) < 0 ||
	    (r = keep(good, &out->commit, p.commit)) < 0)
		goto out;
	if ((r = keep(good, &out->ref, p.ref)) < 0 ||
	    (r = keep(good, &out->environment, p.environment)) < 0)
		goto out;
	if (what->pipeline_url && *what->pipeline_url &&
	    (r = check_run(what->pipeline_url)) < 0)
		goto out;
	r = keep(
	    good, &out->url, what->pipeline_url ? what->pipeline_url : p.url);
out:
	gv_pipeline_release(&p);
	return r;
}

/* ---- the keyring and the states ----------------------------------------- */

static int
add_reader(struct gv_good *good, const struct gv_keyring_recipient *who)
{
	struct gv_good_reader *out = &good->readers[good->n_readers++];
	unsigned char sum[GV_KEYRING_DIGEST];
	char print[GV_KEYRING_PRINT];
	struct gv_hash_sha256 hash;
	int r;

	gv_hash_sha256_init(&hash);
	gv_hash_sha256_update(&hash, who->key, strlen(who->key));
	gv_hash_sha256_finish(&hash, sum);
	gv_keyring_print(print, sum);
	r = gv_good_copy(good, &out->name, who->name);
	return r < 0 ? r : gv_good_copy(good, &out->print, print);
}

static int
gather_readers(
    struct gv_good *good, const struct gv_safe *safe, const char *env)
{
	const struct gv_keyring_kept *kept = gv_safe_keyring(safe);
	const struct gv_keyring_recipient **who = NULL;
	size_t n = 0, i;
	int r;

	if (kept == NULL)
		return 0;
	if ((r = gv_good_copy(good, &good->keyring, kept->print)) == 0 &&
	    (r = gv_keyring_readers(&who, &n, &kept->keyring,
		 gv_keyring_scope_of(&kept->keyring, env))) == 0)
		r = room(good, &good->readers, n, sizeof(*good->readers));
	for (i = 0; r == 0 && i < n; i++)
		r = add_reader(good, who[i]);
	free(who);
	return r;
}

struct states {
	struct gv_good *good;
	struct gv_repo *repo;
	struct gv_safe *safe;
	size_t cap;
	struct gv_good_state *all;
	size_t n;
};

static int
add_state(void *ctx, const struct gv_track_version *v)
{
	char hex[2 * GV_DIGEST_BYTES + 1];
	struct states *s = ctx;
	struct gv_good *good = s->good;
	struct gv_good_state *out;
	enum gv_track_binding kind;
	int r;

	if (strcmp(v->env, good->env) != 0)
		return 0;
	/* nobody signs for a replay */
	r = gv_track_binding_check(&kind, s->repo, s->safe, v);
	if (r < 0)
		return gv_err_in(r, "the state belongs to the record");
	r = GV_GROW(s->all, s->n, s->cap);
	if (r < 0)
		return r;
	out = &s->all[s->n++];
	memset(out, 0, sizeof(*out));
	out->version = v->commit;
	out->has_serial = v->has_serial;
	out->serial = v->has_serial ? v->serial : 0;
	out->size = v->size;
	gv_enc_hex(hex, v->digest.bytes, GV_DIGEST_BYTES);
	if ((r = gv_good_copy(good, &out->stack, v->stack)) == 0 &&
	    (r = gv_good_copy(good, &out->tool, v->tool)) == 0 &&
	    (r = gv_good_copy(good, &out->lineage, v->lineage)) == 0)
		r = gv_good_copy(good, &out->digest, hex);
	return r < 0 ? r : gv_good_copy(good, &out->key, v->key);
}

/* Of another environment it is nothing to us. */
static int
bad_state(void *ctx, const char *ref)
{
	const struct states *s = ctx;
	size_t n = strlen(s->good->env);
	const char *env = ref + strlen(GV_REFS_STATES);

	if (strncmp(env, s->good->env, n) != 0 || env[n] != '/')
		return 0;
	return gv_err_in(GV_ECORRUPT,
	    "the state %s belongs to the record and cannot be read", env);
}

static int
add_version(struct states *s, struct gv_repo *repo,
    const struct gv_good_version *version)
{
	const struct gv_track_of of = { s->good->env, version->stack };
	struct gv_track_version v;
	char hex[GV_OID_HEX + 1];
	int r;

	gv_oid_format(hex, &version->version);
	if ((r = gv_track_resolve(&v, repo, &of, hex)) == 0) {
		r = add_state(s, &v);
		gv_track_version_release(&v);
	}
	return r;
}

static int
gather_states(struct gv_good *good, struct gv_repo *repo, struct gv_safe *safe,
    const struct gv_good_what *what)
{
	struct states s = { .good = good, .repo = repo, .safe = safe };
	size_t i, n = what->versions ? what->n_versions : 0;
	int r =
	    what->versions ? 0 : gv_track_each(repo, add_state, bad_state, &s);

	for (i = 0; r == 0 && i < n; i++)
		r = add_version(&s, repo, &what->versions[i]);
	if (r == 0)
		r = room(good, &good->states, s.n, sizeof(*good->states));
	if (r == 0 && s.n) {
		memcpy(good->states, s.all, s.n * sizeof(*s.all));
		good->n_states = s.n;
	}
	free(s.all);
	return r;
}

/* ---- all of it ---------------------------------------------------------- */

/* The pipeline's actor is in the pipeline; here stands whom Git has. */
static int
gather_actor(struct gv_good *good, const struct gv_repo *repo)
{
	struct gv_buf name = GV_BUF_INIT;
	int r;

	gv_author_add_name(&name, repo);
	if ((r = gv_buf_check(&name)) == 0)
		r = gv_good_copy(good, &good->actor, name.p);
	gv_buf_release(&name);
	return r;
}

int
gv_good_gather(struct gv_good *good, struct gv_repo *repo, struct gv_safe *safe,
    const struct gv_good_what *what)
{
	int r = gv_good_copy(good, &good->env, what->env);

	good->status = what->status;
	good->time = what->now;
	if (r == 0 && (r = gather_actor(good, repo)) == 0 &&
	    (r = gather_pipeline(good, repo, what)) == 0 &&
	    (r = gv_good_copy(good, &good->reason, what->reason)) == 0)
		r = gather_readers(good, safe, what->env);
	if (what->of || what->status == GV_GOOD_REVOKED)
		return r;
	if (r < 0 || (r = gather_items(good, repo, what)) < 0)
		return r;
	return gather_states(good, repo, safe, what);
}

/* ---- of an earlier record ----------------------------------------------- */

static int
again_items(struct gv_good *good, struct gv_good_item **out, size_t *n_out,
    const struct gv_good_item *items, size_t n)
{
	size_t i;
	int r = room(good, out, n, sizeof(**out));

	for (i = 0; r == 0 && i < n; i++) {
		struct gv_good_item *one = &(*out)[i];

		if ((r = gv_good_copy(good, &one->name, items[i].name)) == 0 &&
		    (r = gv_good_copy(good, &one->sha256, items[i].sha256)) ==
			0)
			r = gv_good_copy(good, &one->uri, items[i].uri);
		*n_out = i + 1;
	}
	return r;
}

static int
again_states(struct gv_good *good, const struct gv_good *of)
{
	size_t i;
	int r = room(good, &good->states, of->n_states, sizeof(*good->states));

	for (i = 0; r == 0 && i < of->n_states; i++) {
		const struct gv_good_state *was = &of->states[i];
		struct gv_good_state *one = &good->states[good->n_states++];

		*one = *was;
		if ((r = gv_good_copy(good, &one->stack, was->stack)) == 0 &&
		    (r = gv_good_copy(good, &one->tool, was->tool)) == 0)
			r = gv_good_copy(good, &one->lineage, was->lineage);
		if (r == 0 &&
		    (r = gv_good_copy(good, &one->digest, was->digest)) == 0)
			r = gv_good_copy(good, &one->key, was->key);
	}
	return r;
}

int
gv_good_gather_from(struct gv_good *good, const struct gv_good *of)
{
	size_t i;
	int r;

	good->target = of->target;
	good->code = of->code;
	good->code_tree = of->code_tree;
	good->snapshot = of->snapshot;
	good->snapshot_tree = of->snapshot_tree;
	good->supersedes = of->supersedes;
	r = gv_good_copy(good, &good->snapshot_id, of->snapshot_id);
	if (r < 0)
		return r;
	r = again_items(good, &good->artifacts, &good->n_artifacts,
	    of->artifacts, of->n_artifacts);
	if (r < 0)
		return r;
	r = again_items(good, &good->evidence, &good->n_evidence, of->evidence,
	    of->n_evidence);
	if (r < 0)
		return r;
	r = room(
	    good, &good->approvers, of->n_approvers, sizeof(*good->approvers));
	if (r < 0)
		return r;
	for (i = 0; r == 0 && i < of->n_approvers; i++)
		r = gv_good_copy(good, &good->approvers[good->n_approvers++],
		    of->approvers[i]);
	if (r < 0)
		return r;
	return again_states(good, of);
}

int
gv_good_gather_return(struct gv_good *good, const struct gv_good_what *what)
{
	int r = gv_good_gather_from(good, what->of);

	good->n_evidence = good->n_approvers = 0;
	memset(&good->supersedes, 0, sizeof(good->supersedes));
	return r < 0 ? r : gather_evidence(good, what);
}
