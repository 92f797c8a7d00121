#include "object/chunk.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "base/err.h"
#include "object/odb.h"

/*
 *	git-vault chunks 1
 *	size <decimal>
 *	sha256 <64 digits>		or: sha256-data <64 digits>
 *	tree <40 digits>
 *	NUL
 *
 * each line ended by a line feed. The NUL makes it binary to git, which then
 * neither converts it nor prints it as if it were what the user changed.
 */
#define MAX_LEN 256

static const char magic[] = "git-vault chunks 1\n";

void
gv_chunk_pointer_write(struct gv_buf *out, const struct gv_chunk_pointer *p)
{
	char hex[GV_OID_HEX + 1], digest[2 * GV_CHUNK_DIGEST + 1];

	gv_oid_format(hex, &p->tree);
	gv_enc_hex(digest, p->digest, GV_CHUNK_DIGEST);
	gv_buf_addf(out, "%ssize %" PRIu64 "\n%s %s\ntree %s\n", magic, p->size,
	    p->has_holes ? "sha256-data" : "sha256", digest, hex);
	gv_buf_addch(out, '\0');
}

/* The value of the line that begins with `key`, and the place behind it. */
static const char *
take(const char **at, const char *key)
{
	size_t n = strlen(key);
	const char *value = *at + n, *lf;

	if (strncmp(*at, key, n) != 0)
		return NULL;
	lf = strchr(value, '\n');
	if (lf == NULL)
		return NULL;
	*at = lf + 1;
	return value;
}

static int
parse(struct gv_chunk_pointer *p, const char *text)
{
	const char *at = text + sizeof(magic) - 1, *size, *digest, *tree;

	if (strncmp(text, magic, sizeof(magic) - 1) != 0)
		return GV_ECORRUPT;
	size = take(&at, "size ");
	digest = take(&at, "sha256 ");
	if (digest == NULL)
		digest = take(&at, "sha256-data ");
	tree = take(&at, "tree ");
	if (size == NULL || digest == NULL || tree == NULL)
		return GV_ECORRUPT;
	p->has_holes = digest[-2] == 'a';
	p->size = strtoull(size, NULL, 10);
	if (strcspn(digest, "\n") != 2 * sizeof(p->digest) ||
	    gv_enc_unhex(p->digest, digest, sizeof(p->digest)) < 0)
		return GV_ECORRUPT;
	return gv_oid_parse(&p->tree, tree);
}

int
gv_chunk_pointer_read(
    struct gv_chunk_pointer *out, const void *data, size_t len)
{
	struct gv_chunk_pointer p = { 0 };
	struct gv_buf again = GV_BUF_INIT;
	char text[MAX_LEN];
	int r = GV_ECORRUPT;

	if (len < MAX_LEN) {
		memcpy(text, data, len);
		text[len] = '\0';
		r = parse(&p, text);
	}
	/* there is one way to write it, so all else is found by writing it */
	if (r == 0) {
		gv_chunk_pointer_write(&again, &p);
		r = gv_buf_check(&again);
	}
	if (r == 0 && (again.len != len || memcmp(again.p, data, len) != 0))
		r = GV_ECORRUPT;
	gv_buf_release(&again);
	if (r == 0)
		*out = p;
	return r == 0 || r == GV_ENOMEM
	    ? r
	    : gv_err(GV_ECORRUPT, "it is no pointer to chunks");
}

int
gv_chunk_pointer_load(
    struct gv_chunk_pointer *out, struct gv_odb *odb, const struct gv_oid *id)
{
	struct gv_object obj = { 0 };
	int r = gv_odb_read_type(odb, &obj, id, GV_OTYPE_BLOB);

	if (r == 0)
		r = gv_chunk_pointer_read(out, obj.data, obj.len);
	gv_object_release(&obj);
	return r;
}
