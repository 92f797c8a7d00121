#include <string.h>

#include "audit/audit_signers.h"
#include "audit/report.h"
#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "crypto/secret.h"
#include "crypto/sha.h"
#include "crypto/sign.h"
#include "drill/drill.h"
#include "drill/drill_log.h"
#include "format/canon.h"
#include "key/envelope.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "repo/repo.h"

/*
 * The report of a drill as a ref of its own, for all clones: report.json, as
 * `git vault --json drill run` prints it, and statement.json, an in-toto
 * statement that it is a test result, in an envelope where this host signs:
 *
 *	{"_type":…,"predicate":{"configuration":[{"uri":…}],"failedTests":[…],
 *	 "passedTests":[…],"result":"PASSED|WARNED|FAILED","warnedTests":[…]},
 *	 "predicateType":…,"subject":[{"digest":{"sha256":…},"name":…}]}
 *
 * A stage is a test, and so is a validator with a path. What could not run is a
 * warning.
 */
#define TYPE      "https://in-toto.io/Statement/v1"
#define PREDICATE "https://in-toto.io/attestation/test-result/v0.1"
#define REPORT    "report.json"
#define STATEMENT "statement.json"

/* ---- the statement ------------------------------------------------------- */

static void
add_tests(struct gv_canon *c, const char *key, const struct gv_drill *d,
    enum gv_drill_result result)
{
	struct gv_buf name = GV_BUF_INIT;
	size_t i;

	gv_canon_list(c, key);
	for (i = 0; i < GV_DRILL_STAGES; i++)
		if (d->steps[i].result == result)
			gv_canon_text(c, NULL,
			    gv_drill_stage_name((enum gv_drill_stage)i));
	for (i = 0; i < d->n_validations; i++) {
		const struct gv_drill_validation *v = &d->validations[i];

		if (v->result != result)
			continue;
		gv_buf_reset(&name);
		gv_buf_addf(&name, "%s %s", v->validator, v->path);
		gv_canon_text(c, NULL, gv_buf_check(&name) < 0 ? "" : name.p);
	}
	gv_canon_end(c);
	gv_buf_release(&name);
}

static const char *
word_of(const struct gv_drill *d)
{
	return d->result == GV_DRILL_PASSED ? "PASSED"
	    : d->result == GV_DRILL_FAILED  ? "FAILED"
					    : "WARNED";
}

static int
make_statement(struct gv_buf *out, const struct gv_drill *d, const char *digest)
{
	struct gv_canon c = { .out = out };
	struct gv_buf uri = GV_BUF_INIT;
	int r;

	gv_buf_addf(&uri, "git-vault://snapshot/%s",
	    d->snapshot ? d->snapshot : "none");
	if ((r = gv_buf_check(&uri)) < 0)
		return r;
	gv_canon_map(&c, NULL);
	gv_canon_text(&c, "_type", TYPE);
	gv_canon_map(&c, "predicate");
	gv_canon_list(&c, "configuration");
	gv_canon_map(&c, NULL);
	gv_canon_text(&c, "uri", uri.p);
	gv_canon_end(&c);
	gv_canon_end(&c);
	add_tests(&c, "failedTests", d, GV_DRILL_FAILED);
	add_tests(&c, "passedTests", d, GV_DRILL_PASSED);
	gv_canon_text(&c, "result", word_of(d));
	add_tests(&c, "warnedTests", d, GV_DRILL_COULD_NOT);
	gv_canon_end(&c);
	gv_canon_text(&c, "predicateType", PREDICATE);
	gv_canon_list(&c, "subject");
	gv_canon_map(&c, NULL);
	gv_canon_map(&c, "digest");
	gv_canon_text(&c, "sha256", digest);
	gv_canon_end(&c);
	gv_canon_text(&c, "name", REPORT);
	gv_canon_end(&c);
	gv_canon_end(&c);
	gv_canon_end(&c);
	gv_buf_release(&uri);
	return gv_buf_check(out);
}

/* In an envelope where this host signs what it tells. */
static int
sign(struct gv_buf *out, const struct gv_buf *statement)
{
	struct gv_secret key = GV_SECRET_INIT;
	struct gv_sign sig;
	int r = 0;

	gv_audit_signer_find(&key);
	if (key.len)
		r = gv_envelope_sign(
		    out, &sig, &key, statement->p, statement->len);
	else
		gv_buf_add(out, statement->p, statement->len);
	gv_secret_release(&key);
	return r < 0 ? r : gv_buf_check(out);
}

int
gv_drill_kept_write(struct gv_repo *repo, const struct gv_drill *d,
    const void *report, size_t len, const char *digest)
{
	struct gv_buf statement = GV_BUF_INIT, signed_as = GV_BUF_INIT;
	int r;

	if ((r = make_statement(&statement, d, digest)) == 0 &&
	    (r = sign(&signed_as, &statement)) == 0) {
		const struct gv_report_file files[] = {
			{ REPORT, report, len },
			{ STATEMENT, signed_as.p, signed_as.len },
		};

		r = gv_report_write(
		    repo, GV_REFS_DRILLS, d->id, files, 2, d->started);
	}
	gv_buf_release(&statement);
	gv_buf_release(&signed_as);
	return r;
}

/* ---- read ---------------------------------------------------------------- */

int
gv_drill_log_report(struct gv_buf *out, const struct gv_repo *repo,
    const struct gv_drill_logged *d)
{
	unsigned char sum[GV_SHA_BYTES];
	char digits[2 * GV_SHA_BYTES + 1];
	int r;

	if (strchr(d->id, '/'))
		return 0;
	r = gv_report_read(out, repo, GV_REFS_DRILLS, d->id, REPORT);
	if (r == GV_ENOTFOUND)
		return 0;
	if (r < 0)
		return gv_err_in(r, "report %s", d->id);
	gv_sha_sum(sum, out->p, out->len);
	gv_enc_hex(digits, sum, sizeof(sum));
	return d->report && strcmp(d->report, digits) == 0
	    ? 1
	    : gv_err(GV_ECORRUPT,
		  "the report " GV_REFS_DRILLS "%s is not the one that the "
		  "audit chain has the sum of: it was changed since",
		  d->id);
}

/* ---- how long ------------------------------------------------------------ */

static bool
is_env(const struct gv_drill_logged *a, const struct gv_drill_logged *b)
{
	return a->env == NULL || b->env == NULL ? a->env == b->env
						: strcmp(a->env, b->env) == 0;
}

/* Whether it is the last of its environment that failed, or that did not. What
 * was broken on purpose is another kind. */
static bool
is_last(const struct gv_drill_log *log, const struct gv_drill_logged *d)
{
	const bool failed = strcmp(d->result, "failed") == 0;
	size_t i;

	for (i = 0; i < log->n && &log->items[i] != d; i++) {
		const struct gv_drill_logged *o = &log->items[i];

		if (is_env(o, d) && !o->fault == !d->fault &&
		    (strcmp(o->result, "failed") == 0) == failed)
			return false;
	}
	return true;
}

static const struct gv_drill_logged *
find(const struct gv_drill_log *log, const char *id)
{
	size_t i;

	for (i = 0; i < log->n; i++)
		if (strcmp(log->items[i].id, id) == 0)
			return &log->items[i];
	return NULL;
}

bool
gv_drill_kept_stays(
    const struct gv_drill_log *log, const char *ref, int64_t now)
{
	const struct gv_drill_logged *d =
	    find(log, ref + strlen(GV_REFS_DRILLS));

	return !gv_report_is_old(ref, now) || (d && is_last(log, d));
}

int
gv_drill_kept_prune(
    size_t *gone, struct gv_repo *repo, int64_t now, bool only_counts)
{
	struct gv_ref_tx tx = GV_REF_TX_INIT;
	struct gv_refs refs = { .n = 0 };
	struct gv_drill_log log;
	size_t i;
	int r = gv_ref_list(&refs, repo, GV_REFS_DRILLS);

	*gone = 0;
	for (i = 0; i < refs.n; i++)
		*gone += gv_report_is_old(refs.refs[i].name, now);
	if (r < 0 || *gone == 0) {
		gv_refs_release(&refs);
		return r;
	}
	*gone = 0;
	r = gv_drill_log_load(&log, repo, NULL);
	for (i = 0; r == 0 && i < refs.n; i++)
		if (!gv_drill_kept_stays(&log, refs.refs[i].name, now)) {
			gv_ref_delete(
			    &tx, refs.refs[i].name, &refs.refs[i].oid);
			++*gone;
		}
	if (r == 0 && *gone && !only_counts)
		r = gv_ref_commit(&tx, repo);
	gv_drill_log_release(&log);
	gv_ref_tx_release(&tx);
	gv_refs_release(&refs);
	return r;
}
