#include "repo/oid.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/enc.h"
#include "base/err.h"
#include "repo/hash_library.h"
#include "repo/sha1dc.h"

const struct gv_oid gv_oid_empty_tree = { { 0x4b, 0x82, 0x5d, 0xc6, 0x42, 0xcb,
    0x6e, 0xb9, 0xa0, 0x60, 0xe5, 0x4b, 0xf8, 0xd6, 0x92, 0x88, 0xfb, 0xee,
    0x49, 0x04 } };
const struct gv_oid gv_oid_empty_blob = { { 0xe6, 0x9d, 0xe2, 0x9b, 0xb2, 0xd1,
    0xd6, 0x43, 0x4b, 0x8b, 0x29, 0xae, 0x77, 0x5a, 0xd8, 0xc2, 0xe4, 0x8c,
    0x53, 0x91 } };

int
gv_oid_parse(struct gv_oid *out, const char *text)
{
	return gv_enc_unhex(out->id, text, GV_OID_RAW);
}

void
gv_oid_format(char out[GV_OID_HEX + 1], const struct gv_oid *id)
{
	gv_enc_hex(out, id->id, GV_OID_RAW);
}

static const char *const type_names[] = {
	[GV_OTYPE_COMMIT] = "commit",
	[GV_OTYPE_TREE] = "tree",
	[GV_OTYPE_BLOB] = "blob",
	[GV_OTYPE_TAG] = "tag",
};

const char *
gv_oid_type_name(enum gv_otype type)
{
	return type >= GV_OTYPE_COMMIT && type <= GV_OTYPE_TAG
	    ? type_names[type]
	    : NULL;
}

enum gv_otype
gv_oid_type_parse(const char *name, size_t len)
{
	int i;

	for (i = GV_OTYPE_COMMIT; i <= GV_OTYPE_TAG; i++)
		if (strlen(type_names[i]) == len &&
		    memcmp(type_names[i], name, len) == 0)
			return (enum gv_otype)i;
	return (enum gv_otype)0;
}

size_t
gv_oid_head(char out[GV_OID_HEAD], enum gv_otype type, uint64_t size)
{
	return (size_t)snprintf(out, GV_OID_HEAD, "%s %" PRIu64,
		   gv_oid_type_name(type), size) +
	    1;
}

/* The name: 1; 0 where the bytes are an attack; an error. */
static int
name(struct gv_oid *out, enum gv_otype type, const void *data, size_t len)
{
	char head[GV_OID_HEAD];
	struct gv_sha1dc ctx;

	gv_sha1dc_init(&ctx);
	gv_sha1dc_update(&ctx, head, gv_oid_head(head, type, len));
	gv_sha1dc_update(&ctx, data, len);
	return gv_sha1dc_finish(&ctx, out->id);
}

/* As name(), by the shared libgit2. */
static int
ask_library(
    struct gv_oid *out, enum gv_otype type, const void *data, size_t len)
{
	const struct gv_hash_library *git2;
	git_oid id;
	int r = gv_hash_library(&git2);

	if (r < 0 || git2->odb_hash(&id, data, len, (git_object_t)type) < 0)
		return r;
	memcpy(out->id, id.id, GV_OID_RAW);
	return 1;
}

int
gv_oid_of(struct gv_oid *out, enum gv_otype type, const void *data, size_t len)
{
	int r = gv_sha1dc_is_here() ? name(out, type, data, len)
				    : ask_library(out, type, data, len);

	if (r == 0)
		return gv_err(GV_ERROR,
		    "cannot hash %zu bytes: they look like a SHA-1 collision "
		    "attack",
		    len);
	return r < 0 ? r : 0;
}
