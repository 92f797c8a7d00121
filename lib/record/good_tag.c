#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "base/err.h"
#include "base/time.h"
#include "crypto/dsse.h"
#include "crypto/secret.h"
#include "crypto/ssh.h"
#include "format/canon.h"
#include "format/unjson.h"
#include "key/envelope.h"
#include "key/keyring_store.h"
#include "key/keyring_store.h"
#include "record/good_internal.h"
#include "sys/clock.h"
#include "vault/author.h"

/*
 * The tag object, its last line being the statement, or where it is signed, the
 * envelope of DSSE with that in it:
 *
 *	object 40 digits
 *	type commit
 *	tag ENV-YYYYMMDDTHHMMSSZ
 *	tagger NAME <MAIL> SECONDS ZONE
 *
 *	ENV: STATUS
 *
 *	{"payload":"BASE64","payloadType":…,
 *	 "signatures":[{"keyid":"ssh-ed25519 …","sig":"BASE64"}]}
 *
 * Behind that may stand git's own signature of all of it (gitsign.h).
 */
#define PREFIX_OBJECT "object "
#define PREFIX_TYPE   "type commit\n"

static int
sign(struct gv_good *good, const struct gv_secret *signer)
{
	struct gv_sign sign;
	int r = gv_envelope_sign(&good->envelope, &sign, signer,
	    good->statement.p, good->statement.len);

	if (r < 0)
		return r;
	good->is_signed = true;
	memcpy(good->key, sign.key, sizeof(good->key));
	return 0;
}

int
gv_good_tag_format(struct gv_buf *out, struct gv_good *good,
    const struct gv_repo *repo, const struct gv_secret *signer)
{
	char hex[GV_OID_HEX + 1], when[GV_TIME_MAX];
	int zone = gv_clock_zone(good->time);
	int r = gv_author_check_time(good->time);

	gv_buf_reset(&good->envelope);
	if (r < 0)
		return r;
	if (signer && (r = sign(good, signer)) < 0)
		return r;
	gv_oid_format(hex, &good->target);
	gv_time_compact(when, good->time);
	gv_buf_addf(out, PREFIX_OBJECT "%s\n" PREFIX_TYPE "tag %s-%s\ntagger ",
	    hex, good->env, when);
	gv_author_add_name(out, repo);
	gv_buf_addf(out, " %lld %c%02d%02d\n\n%s: %s\n\n",
	    (long long)good->time, zone < 0 ? '-' : '+', abs(zone) / 60,
	    abs(zone) % 60, good->env, gv_good_statuses[good->status]);
	if (signer)
		gv_buf_add(out, good->envelope.p, good->envelope.len);
	else
		gv_buf_add(out, good->statement.p, good->statement.len);
	gv_buf_addch(out, '\n');
	return gv_buf_check(out);
}

/* ---- read --------------------------------------------------------------- */

static int
no_envelope(void)
{
	return gv_err(GV_ECORRUPT, "its envelope is damaged or cut off");
}

static int
read_signature(struct gv_sign *out, const struct gv_unjson_node *node)
{
	const char *key = gv_unjson_get_text(node, "keyid");
	const char *sig = gv_unjson_get_text(node, "sig");
	struct gv_buf bytes = GV_BUF_INIT;
	int r = key && sig ? gv_ssh_public(out->key, key, strlen(key))
			   : no_envelope();

	if (r < 0 || (r = gv_enc_unbase64(&bytes, sig, strlen(sig))) < 0)
		goto out;
	if (bytes.len != sizeof(out->bytes)) {
		r = no_envelope();
		goto out;
	}
	memcpy(out->bytes, bytes.p, bytes.len);
out:
	gv_buf_release(&bytes);
	return r;
}

static int
open_envelope(struct gv_good *good, const struct gv_unjson_node *root)
{
	const char *payload = gv_unjson_get_text(root, "payload");
	const char *type = gv_unjson_get_text(root, "payloadType");
	const struct gv_unjson_node *list = gv_unjson_get(root, "signatures");
	struct gv_sign sign;
	int r;

	if (payload == NULL || type == NULL || list == NULL ||
	    list->first == NULL || list->first->next ||
	    strcmp(type, GV_ENVELOPE_PAYLOAD) != 0)
		return no_envelope();
	r = gv_enc_unbase64(&good->statement, payload, strlen(payload));
	if (r < 0 || (r = read_signature(&sign, list->first)) < 0 ||
	    (r = gv_dsse_check(
		 &sign, type, good->statement.p, good->statement.len)) < 0)
		goto out;
	good->is_signed = true;
	memcpy(good->key, sign.key, sizeof(good->key));
out:
	return r == GV_EREFUSED ? GV_ECORRUPT : r;
}

/* What is signed is a statement in an envelope; what is not, is one. */
static int
read_line(struct gv_good *good, const char *line, size_t len)
{
	struct gv_unjson *doc = NULL;
	char *copy = gv_arena_copy(&good->arena, line, len);
	int r =
	    copy ? gv_unjson_parse(&doc, "record", copy, len) : gv_err_nomem();

	if (r == GV_EREFUSED)
		return gv_err_in(GV_ECORRUPT, "its last line is no JSON");
	if (r < 0)
		return r;
	if (gv_unjson_get(gv_unjson_root(doc), "payload")) {
		gv_buf_add(&good->envelope, line, len);
		r = open_envelope(good, gv_unjson_root(doc));
	} else {
		gv_buf_add(&good->statement, line, len);
	}
	gv_unjson_free(doc);
	if (r < 0 || (r = gv_buf_check(&good->envelope)) < 0)
		return r;
	return gv_buf_check(&good->statement);
}

/* Where it points is what its statement is of. */
static int
check_target(const struct gv_good *good)
{
	const struct gv_oid *want =
	    gv_oid_is_zero(&good->snapshot) ? &good->code : &good->snapshot;

	return gv_oid_equal(&good->target, want) && !gv_oid_is_zero(want)
	    ? 0
	    : gv_err(GV_ECORRUPT,
		  "it points to another commit than its statement names");
}

int
gv_good_tag_parse(struct gv_good *good, const void *data, size_t len)
{
	const char *text = data, *end, *line = NULL;
	const size_t object = sizeof(PREFIX_OBJECT) - 1;
	const size_t head = object + GV_OID_HEX + 1;
	size_t payload;
	int r;

	if (len > 2 * GV_GOOD_MAX)
		return gv_err(GV_ECORRUPT, "it is larger than any record");
	r = gv_gitsign_split(&payload, text, len);
	if (r < 0)
		return r;
	good->has_git = payload < len;
	len = payload;
	end = text + len;
	if (len < head + sizeof(PREFIX_TYPE) || end[-1] != '\n' ||
	    memcmp(text, PREFIX_OBJECT, object) != 0 ||
	    gv_oid_parse(&good->target, text + object) < 0 ||
	    memcmp(text + head - 1, "\n" PREFIX_TYPE, sizeof(PREFIX_TYPE)) != 0)
		return gv_err(GV_ECORRUPT, "it is no tag of a commit");
	for (line = --end; line > text && line[-1] != '\n'; line--)
		;
	if ((r = read_line(good, line, (size_t)(end - line))) == 0)
		r = gv_good_parse(good);
	return r < 0 ? r : check_target(good);
}

/* ---- whose it is -------------------------------------------------------- */

/* An owner has named the key that they sign by, others may have; one of ssh is
 * itself such a key. */
const char *
gv_good_signer(struct gv_buf *key, const struct gv_good *good,
    const struct gv_keyring_kept *kept)
{
	const struct gv_keyring_recipient *who = NULL;
	size_t at = key->len;

	if (!good->is_signed || gv_ssh_add_public(key, good->key) < 0)
		return NULL;
	if (kept)
		who = gv_keyring_find_signer(&kept->keyring, key->p + at);
	return who ? who->name : NULL;
}
