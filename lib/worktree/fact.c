#include "worktree/fact.h"

#include <string.h>

/* A key is a blob's id and, in eight bytes, big-endian, its kind. */
#define KEY (GV_OID_RAW + 8)

static void
set_key(unsigned char key[KEY], const struct gv_oid *blob, uint64_t kind)
{
	int i;

	memcpy(key, blob->id, GV_OID_RAW);
	for (i = 0; i < 8; i++)
		key[GV_OID_RAW + i] = (unsigned char)(kind >> (56 - 8 * i));
}

int
gv_fact_load(struct gv_table *out, const struct gv_repo *repo, const char *name,
    const struct gv_oid *version)
{
	*out = (struct gv_table)GV_FACT_INIT;
	out->stamp = *version;
	return gv_table_load(out, repo, name);
}

void
gv_fact_save(
    struct gv_table *facts, const struct gv_repo *repo, const char *name)
{
	if (facts->n_rows)
		gv_table_save(facts, repo, name, NULL, NULL, true);
}

const char *
gv_fact_get(const struct gv_table *facts, const struct gv_oid *blob,
    uint64_t kind, size_t *len)
{
	unsigned char key[KEY];

	set_key(key, blob, kind);
	return gv_table_get(facts, key, len);
}

int
gv_fact_add(struct gv_table *facts, const struct gv_oid *blob, uint64_t kind,
    const void *p, size_t len)
{
	unsigned char key[KEY];

	set_key(key, blob, kind);
	return gv_table_add(facts, key, p, len);
}
