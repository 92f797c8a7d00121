#include "good/good_export.h"

#include <stdio.h>
#include <string.h>

#include "base/enc.h"
#include "base/err.h"
#include "base/time.h"
#include "format/canon.h"
#include "policy/team.h"
#include "record/good_internal.h"
#include "repo/hash.h"
#include "repo/refs.h"

#define SHA256   32
#define VERIFIER "urn:git-vault:verifier"

const char *const gv_good_formats[GV_GOOD_FORMATS + 1] = {
	[GV_GOOD_INTOTO] = "intoto",
	[GV_GOOD_VSA] = "slsa-vsa",
	[GV_GOOD_GITHUB] = "github-deployment",
	[GV_GOOD_GITLAB] = "gitlab-deployment",
};

/* What stands in the tag. */
static const struct gv_buf *
own_text(const struct gv_good *good)
{
	return good->is_signed ? &good->envelope : &good->statement;
}

static int
export_intoto(struct gv_buf *out, const struct gv_good *good)
{
	const struct gv_buf *text = own_text(good);

	gv_buf_add(out, text->p, text->len);
	return gv_buf_check(out);
}

static void
add_oid_digest(struct gv_canon *c, const char *kind, const struct gv_oid *oid)
{
	char hex[GV_OID_HEX + 1];

	gv_oid_format(hex, oid);
	gv_canon_map(c, "digest");
	gv_canon_text(c, kind, hex);
	gv_canon_end(c);
}

/* ---- SLSA --------------------------------------------------------------- */

/* The artifacts; where there are none, the commit. */
static void
add_subjects(struct gv_canon *c, const struct gv_good *good)
{
	size_t i;

	gv_canon_list(c, "subject");
	for (i = 0; i < good->n_artifacts; i++) {
		gv_canon_map(c, NULL);
		gv_canon_map(c, "digest");
		gv_canon_text(c, "sha256", good->artifacts[i].sha256);
		gv_canon_end(c);
		gv_canon_text(c, "name", good->artifacts[i].name);
		gv_canon_end(c);
	}
	if (good->n_artifacts == 0) {
		gv_canon_map(c, NULL);
		add_oid_digest(c, "gitCommit", &good->target);
		gv_canon_text(c, "name",
		    good->snapshot_id ? "vault:snapshot" : "git:commit");
		gv_canon_end(c);
	}
	gv_canon_end(c);
}

/* The record itself is what was gone by. */
static void
add_inputs(struct gv_canon *c, const struct gv_good *good, const char *ref)
{
	const struct gv_buf *text = own_text(good);
	unsigned char sum[SHA256];
	char hex[2 * SHA256 + 1];
	struct gv_hash_sha256 hash;

	gv_hash_sha256_init(&hash);
	gv_hash_sha256_update(&hash, text->p, text->len);
	gv_hash_sha256_finish(&hash, sum);
	gv_enc_hex(hex, sum, SHA256);
	gv_canon_list(c, "inputAttestations");
	gv_canon_map(c, NULL);
	gv_canon_map(c, "digest");
	gv_canon_text(c, "sha256", hex);
	gv_canon_end(c);
	gv_canon_text(c, "uri", ref);
	gv_canon_end(c);
	gv_canon_end(c);
}

/* Nobody has looked at how it was built, and it does not say so. */
static int
export_vsa(struct gv_buf *out, const struct gv_good *good)
{
	struct gv_canon c = { .out = out };
	struct gv_buf ref = GV_BUF_INIT;
	bool good_still = good->status == GV_GOOD_VERIFIED &&
	    good->revoked == NULL && good->distrust == NULL;
	int r;

	if (good->status == GV_GOOD_CANDIDATE && good->revoked == NULL)
		return gv_err(GV_EREFUSED,
		    "record %u of %s is a candidate without a verification to "
		    "export; to verify it: git vault good verify %s",
		    good->n, good->env, good->env);
	gv_buf_addf(&ref, "git:" GV_REFS_GOOD "%s/%u", good->env, good->n);
	r = gv_buf_check(&ref);
	if (r < 0)
		return r;
	gv_canon_map(&c, NULL);
	gv_canon_text(&c, "_type", GV_GOOD_TYPE);
	gv_canon_map(&c, "predicate");
	add_inputs(&c, good, ref.p);
	gv_canon_map(&c, "policy");
	gv_canon_text(&c, "uri", "git:" GV_TEAM_POLICY);
	gv_canon_end(&c);
	gv_canon_text(&c, "resourceUri", ref.p);
	gv_canon_text(&c, "slsaVersion", "1.0");
	gv_canon_time(&c, "timeVerified", good->time);
	gv_canon_text(
	    &c, "verificationResult", good_still ? "PASSED" : "FAILED");
	gv_canon_list(&c, "verifiedLevels");
	gv_canon_text(
	    &c, NULL, good_still ? "SLSA_BUILD_LEVEL_UNEVALUATED" : "FAILED");
	gv_canon_end(&c);
	gv_canon_map(&c, "verifier");
	gv_canon_text(&c, "id", VERIFIER);
	gv_canon_end(&c);
	gv_canon_end(&c);
	gv_canon_text(
	    &c, "predicateType", "https://slsa.dev/verification_summary/v1");
	add_subjects(&c, good);
	gv_canon_end(&c);
	gv_buf_release(&ref);
	return gv_buf_check(out);
}

/* ---- hosts -------------------------------------------------------------- */

static int
need_commit(const struct gv_good *good)
{
	return gv_oid_is_zero(&good->code)
	    ? gv_err(GV_EREFUSED,
		  "record %u of %s is of no commit, and a deployment is of one",
		  good->n, good->env)
	    : 0;
}

/* What a deployment came to, by the words of a host. */
static const char *
state_of(const struct gv_good *good, const char *candidate,
    const char *verified, const char *revoked)
{
	if (good->status == GV_GOOD_REVOKED || good->revoked || good->distrust)
		return revoked;
	return good->status == GV_GOOD_VERIFIED ? verified : candidate;
}

static const char *
url_of(const struct gv_good *good)
{
	return good->pipeline.url ? good->pipeline.url : "";
}

/* The bodies of POST …/deployments and of POST …/deployments/ID/statuses. */
static int
export_github(struct gv_buf *out, const struct gv_good *good)
{
	struct gv_canon c = { .out = out };
	char hex[GV_OID_HEX + 1], tag[GV_OID_HEX + 1], text[64];
	int r = need_commit(good);

	if (r < 0)
		return r;
	gv_oid_format(hex, &good->code);
	gv_oid_format(tag, &good->tag);
	snprintf(text, sizeof(text), "git-vault record %u: %s", good->n,
	    good->revoked        ? "revoked"
		: good->distrust ? "untrusted"
				 : gv_good_statuses[good->status]);
	gv_canon_map(&c, NULL);
	gv_canon_map(&c, "deployment");
	gv_canon_bool(&c, "auto_merge", false);
	gv_canon_text(&c, "description", text);
	gv_canon_text(&c, "environment", good->env);
	gv_canon_map(&c, "payload");
	gv_canon_number(&c, "record", good->n);
	gv_canon_text(&c, "snapshot", good->snapshot_id);
	gv_canon_text(&c, "tag", tag);
	gv_canon_end(&c);
	gv_canon_text(&c, "ref", hex);
	gv_canon_list(&c, "required_contexts");
	gv_canon_end(&c);
	gv_canon_text(&c, "task", "deploy");
	gv_canon_end(&c);
	gv_canon_map(&c, "status");
	gv_canon_text(&c, "description", text);
	gv_canon_text(&c, "environment", good->env);
	gv_canon_text(&c, "log_url", url_of(good));
	gv_canon_text(
	    &c, "state", state_of(good, "in_progress", "success", "failure"));
	gv_canon_end(&c);
	gv_canon_end(&c);
	return gv_buf_check(out);
}

/* The body of POST /projects/ID/deployments: a ref without what it is below. */
static int
export_gitlab(struct gv_buf *out, const struct gv_good *good)
{
	static const char branch[] = "refs/heads/", tag[] = "refs/tags/";
	struct gv_canon c = { .out = out };
	const char *ref = good->pipeline.ref;
	char hex[GV_OID_HEX + 1];
	bool is_tag = ref && strncmp(ref, tag, sizeof(tag) - 1) == 0;
	int r = need_commit(good);

	if (r < 0)
		return r;
	gv_oid_format(hex, &good->code);
	if (is_tag)
		ref += sizeof(tag) - 1;
	else if (ref && strncmp(ref, branch, sizeof(branch) - 1) == 0)
		ref += sizeof(branch) - 1;
	gv_canon_map(&c, NULL);
	gv_canon_text(&c, "environment", good->env);
	gv_canon_text(&c, "ref", ref ? ref : hex);
	gv_canon_text(&c, "sha", hex);
	gv_canon_text(
	    &c, "status", state_of(good, "running", "success", "failed"));
	gv_canon_bool(&c, "tag", is_tag);
	gv_canon_end(&c);
	return gv_buf_check(out);
}

int
gv_good_export(
    struct gv_buf *out, const struct gv_good *good, enum gv_good_format format)
{
	switch (format) {
	case GV_GOOD_INTOTO:
		return export_intoto(out, good);
	case GV_GOOD_VSA:
		return export_vsa(out, good);
	case GV_GOOD_GITHUB:
		return export_github(out, good);
	case GV_GOOD_GITLAB:
	case GV_GOOD_FORMATS:
		break;
	}
	return export_gitlab(out, good);
}
