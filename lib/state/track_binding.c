#include "state/track_binding.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "compress/gunzip.h"
#include "crypto/secret.h"
#include "key/idkey.h"
#include "object/chunk.h"
#include "object/repo_odb.h"
#include "repo/repo.h"
#include "safe/safe_writer.h"
#include "state/track_internal.h"
#include "sys/cancel.h"
#include "toolstate/state.h"

#define NUMBERS 11
#define TEXTS   9
#define BYTES   8

const char *const gv_track_bindings[GV_TRACK_BINDINGS] = { "bound", "forged",
	"unbound", "other-key", "other-key", "unchecked" };

/* ---- what is bound ------------------------------------------------------ */

static struct gv_digest_field
of_text(const char *text)
{
	return (struct gv_digest_field){ text ? text : "",
		text ? strlen(text) : 0 };
}

static void
put_number(unsigned char out[8], uint64_t n)
{
	int i;

	for (i = 7; i >= 0; i--, n >>= 8)
		out[i] = (unsigned char)n;
}

/* All that a commit says of a version, each with its length, in this order for
 * ever: a field more is another use. The id of the tree covers parts, index and
 * sum to the byte. */
void
gv_track_binding_make(struct gv_digest *out, const struct gv_track_version *v,
    const unsigned char key[GV_DIGEST_KEY])
{
	const uint64_t numbers[NUMBERS] = { v->has_serial, v->serial, v->format,
		v->size, v->parts, v->items, (uint64_t)v->time, v->is_encrypted,
		(uint64_t)v->seal, v->is_apart, 2 };
	const char *const texts[TEXTS] = { v->env, v->stack, v->tool, v->writer,
		v->lineage, v->host, v->snapshot, v->forced, v->damage };
	const struct gv_digest_field bytes[BYTES] = {
		{ v->tree.id, sizeof(v->tree.id) },
		{ v->previous.id, sizeof(v->previous.id) },
		{ v->code.id, sizeof(v->code.id) },
		{ v->rules.id, sizeof(v->rules.id) },
		{ v->digest.bytes, sizeof(v->digest.bytes) },
		{ v->sealed_for, sizeof(v->sealed_for) },
		{ v->key, GV_TRACK_KEY - 1 },
		{ v->also.id, sizeof(v->also.id) },
	};
	struct gv_digest_field fields[NUMBERS + TEXTS + BYTES];
	unsigned char raw[NUMBERS][8];
	size_t i, n = 0;

	for (i = 0; i < NUMBERS; i++) {
		put_number(raw[i], numbers[i]);
		fields[n++] = (struct gv_digest_field){ raw[i], 8 };
	}
	for (i = 0; i < TEXTS; i++)
		fields[n++] = of_text(texts[i]);
	for (i = 0; i < BYTES; i++)
		fields[n++] = bytes[i];
	gv_digest_keyed(out, key, "state binding", fields, n);
}

enum gv_track_binding
gv_track_binding_of(const struct gv_track_version *v, const unsigned char *key)
{
	struct gv_digest is;
	struct gv_idkey named;
	bool is_ours;

	if (*v->bound_by == '\0')
		return GV_TRACK_UNBOUND;
	if (key == NULL)
		return GV_TRACK_UNCHECKED;
	gv_idkey_set(&named, key);
	is_ours = strcmp(named.name, v->bound_by) == 0;
	explicit_bzero(&named, sizeof(named));
	if (!is_ours)
		return GV_TRACK_BOUND_ELSE;
	gv_track_binding_make(&is, v, key);
	return gv_digest_equal(&is, &v->binding) ? GV_TRACK_BOUND
						 : GV_TRACK_FORGED;
}

const char *
gv_track_binding_why(enum gv_track_binding kind, bool follows_bound)
{
	switch (kind) {
	case GV_TRACK_FORGED:
		return "its binding does not match: somebody changed its "
		       "commit, or replays another version";
	case GV_TRACK_UNBOUND:
		return "it has no binding: somebody without the vault's id key "
		       "made it, or removed its binding";
	case GV_TRACK_BOUND_ELSE:
		/* a clone had a key of its own before it had the team's, and
		 * what it saved then is not behind what the team saved */
		return follows_bound
		    ? "another id key bound it, although the vault's id key "
		      "bound a version before it"
		    : NULL;
	case GV_TRACK_BOUND_STRANGE:
		return "another id key bound it, which the vault does not have "
		       "for this environment";
	case GV_TRACK_BOUND:
	case GV_TRACK_UNCHECKED:
	case GV_TRACK_BINDINGS:
		break;
	}
	return NULL;
}

/* ---- held to it --------------------------------------------------------- */

/* Judge a binding by a key that the keyring does not have. A clone that had its
 * own key before it took the team's keyring has left that key in the scope. A
 * key that is in neither, such as that of another environment, belongs to
 * nobody who may save here. */
static int
look_else(enum gv_track_binding *kind, struct gv_safe *safe,
    const struct gv_track_version *v)
{
	const unsigned char *key = NULL;
	int r = gv_safe_key_named(&key, safe, v->env, v->bound_by);

	*kind = GV_TRACK_BOUND_STRANGE;
	if (key)
		*kind = gv_track_binding_of(v, key) == GV_TRACK_BOUND
		    ? GV_TRACK_BOUND_ELSE
		    : GV_TRACK_FORGED;
	return r;
}

/* Judge a version by the key that its binding names, if the keyring has that
 * key for the environment. Without all keys of an environment, a missing key
 * cannot be told from a foreign one. */
static int
look_at(enum gv_track_binding *kind, struct gv_safe *safe,
    const struct gv_track_version *v)
{
	const unsigned char *key = NULL;
	bool is_reader = false;
	int r = safe
	    ? gv_safe_trusted_key(&key, &is_reader, safe, v->env, v->bound_by)
	    : 0;

	/* an identity that cannot be read opens nothing, so nothing is checked;
	 * whoever opens the parts next reports the reason */
	if (r < 0 && r != GV_ENOMEM) {
		key = NULL;
		is_reader = false;
		r = 0;
	}
	*kind = gv_track_binding_of(v, r == 0 ? key : NULL);
	return r == 0 && *kind == GV_TRACK_UNCHECKED && is_reader
	    ? look_else(kind, safe, v)
	    : r;
}

/* Whether an earlier version is bound. Missing versions are skipped. */
static int
look_before(bool *out, struct gv_repo *repo, struct gv_safe *safe,
    const struct gv_track_version *v)
{
	struct gv_track_version was = { 0 };
	enum gv_track_binding kind;
	struct gv_oid at = v->previous;
	struct gv_odb *odb;
	char *before = gv_err_save();
	int r = gv_repo_odb(repo, &odb);

	*out = false;
	while (r == 0 && !*out && !gv_oid_is_zero(&at)) {
		r = gv_cancel_requested() ? gv_cancel_error()
					  : gv_track_load(&was, odb, &at);
		if (r == 0 && (r = look_at(&kind, safe, &was)) == 0)
			*out = kind == GV_TRACK_BOUND;
		at = was.previous;
		gv_track_version_release(&was);
	}
	if (r == GV_ENOTFOUND || r == GV_ECORRUPT || r == GV_EREFUSED)
		r = 0;
	if (r == 0)
		gv_err_restore(before);
	else
		free(before);
	return r;
}

int
gv_track_binding_check(enum gv_track_binding *kind, struct gv_repo *repo,
    struct gv_safe *safe, const struct gv_track_version *v)
{
	bool follows = false;
	const char *why;
	int r = look_at(kind, safe, v);

	if (r == 0 && *kind == GV_TRACK_BOUND_ELSE)
		r = look_before(&follows, repo, safe, v);
	if (r < 0)
		return r;
	why = v->is_taken ? NULL : gv_track_binding_why(*kind, follows);
	return why ? gv_track_in_version(
			 v, gv_err(GV_ECORRUPT, "it is refused: %s", why))
		   : 0;
}

int
gv_track_binding_refuses(struct gv_repo *repo, struct gv_safe *safe,
    const struct gv_track_version *v)
{
	enum gv_track_binding kind;
	char *before = gv_err_save();
	int r = gv_track_binding_check(&kind, repo, safe, v);

	if (r == 0 || r == GV_ECORRUPT) {
		gv_err_restore(before);
		return r < 0;
	}
	free(before);
	return r;
}

int
gv_track_binding_before(struct gv_track_version *out, bool *found,
    struct gv_repo *repo, struct gv_safe *safe,
    const struct gv_track_version *v)
{
	const struct gv_track_of of = { v->env, v->stack };
	struct gv_track_version was = { 0 };
	struct gv_oid at = v->previous;
	struct gv_odb *odb;
	int r = gv_repo_odb(repo, &odb);

	*found = false;
	while (r == 0 && !*found && !gv_oid_is_zero(&at)) {
		r = gv_track_load_of(&was, odb, &at, &of);
		if (r == GV_ECORRUPT || r == GV_ENOTFOUND)
			return 0;
		if (r == 0)
			r = gv_track_binding_refuses(repo, safe, &was);
		at = was.previous;
		*found = r == 0;
		if (*found)
			r = gv_track_version_copy(out, &was);
		gv_track_version_release(&was);
		r = r > 0 ? 0 : r;
	}
	return r;
}

/* ---- against the bytes -------------------------------------------------- */

/* What is no whole state says nothing of itself that counts. */
const char *
gv_track_binding_misfit(
    const struct gv_track_version *v, const struct gv_state_info *info)
{
	if (v->size != gv_track_size(v->seal, info->size))
		return "its size does not match its content";
	if (v->damage || info->damage[0])
		return NULL;
	if (v->tool == NULL || strcmp(v->tool, info->tool) != 0)
		return "its content belongs to another tool than it claims";
	if (v->has_serial != info->has_serial ||
	    (v->has_serial && v->serial != info->serial))
		return "its serial does not match its content";
	if (strcmp(v->lineage ? v->lineage : "", info->lineage) != 0)
		return "its lineage does not match its content";
	return NULL;
}

/* What is read, from a version or from memory, and who gets it as well. */
struct bytes {
	struct gv_track_reader *reader;
	gv_age_sink *sink; /* NULL: nobody */
	void *ctx;
	const unsigned char *p;
	size_t len;
};

static int64_t
read_some(void *ctx, void *data, size_t len)
{
	struct bytes *b = ctx;
	int64_t n;
	int r = 0;

	if (b->reader) {
		n = gv_track_reader_read(b->reader, data, len);
		if (n > 0 && b->sink)
			r = b->sink(b->ctx, data, (size_t)n);
		return r < 0 ? r : n;
	}
	len = len < b->len ? len : b->len;
	if (len)
		memcpy(data, b->p, len);
	b->p += len;
	b->len -= len;
	return (int64_t)len;
}

static int
pass(void *ctx, const struct gv_state_group *group)
{
	(void)ctx;
	(void)group;
	return gv_cancel_requested() ? gv_cancel_error() : 0;
}

static int
hold(const struct gv_track_version *v, struct bytes *bytes)
{
	const struct gv_state_source source = { .read = read_some,
		.cut = gv_chunk_cut,
		.memory = &gv_secret_memory,
		.unpack = gv_gunzip,
		.ctx = bytes };
	struct gv_state_info info;
	const char *why;
	int r = gv_state_run(&info, &source, pass, NULL);

	why = r == 0 && !v->is_taken ? gv_track_binding_misfit(v, &info) : NULL;
	return why ? gv_track_in_version(
			 v, gv_err(GV_ECORRUPT, "it is refused: %s", why))
		   : r;
}

int
gv_track_binding_bytes(
    const struct gv_track_version *v, const void *data, size_t len)
{
	struct bytes bytes = { .p = data, .len = len };

	return hold(v, &bytes);
}

/* The reader holds the bytes to their sum once it is asked behind the last. */
static int
read_to_end(struct bytes *bytes)
{
	char rest[4096];
	int64_t n;

	while ((n = read_some(bytes, rest, sizeof(rest))) > 0)
		;
	explicit_bzero(rest, sizeof(rest));
	return (int)n;
}

int
gv_track_binding_read(struct gv_track_reader *g,
    const struct gv_track_version *v, gv_age_sink *sink, void *ctx)
{
	struct bytes bytes = { .reader = g, .sink = sink, .ctx = ctx };
	int r = hold(v, &bytes);

	return r < 0 ? r : read_to_end(&bytes);
}
