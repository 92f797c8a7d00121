#include "secret/secret_shared.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "crypto/digest.h"
#include "crypto/secret.h"
#include "safe/inventory.h"
#include "safe/safe_reader.h"
#include "sys/cancel.h"
#include "vault/scope.h"

struct named {
	struct gv_digest name;
	const struct gv_inventory_value *value;
};

static int
compare(const void *a, const void *b)
{
	const struct named *x = a, *y = b;
	int c = memcmp(x->name.bytes, y->name.bytes, GV_DIGEST_BYTES);

	return c ? c : strcmp(x->value->scope, y->value->scope);
}

/* Name all that open; how many those are. */
static int
name_all(struct named *out, size_t *n, struct gv_secret_shared *reuse,
    struct gv_safe_reader *reader, const struct gv_inventory *inv)
{
	struct gv_secret key = GV_SECRET_INIT, value = GV_SECRET_INIT;
	size_t i;
	int r = gv_secret_add_random(&key, GV_DIGEST_KEY);

	for (i = 0; r == 0 && i < inv->n; i++) {
		const struct gv_inventory_value *v = &inv->values[i];
		struct gv_safe_place place = { v->scope, v->id, v->object };
		struct gv_digest_field field;

		gv_secret_reset(&value);
		if ((r = gv_safe_get(reader, &value, &place)) == 0) {
			field.p = value.p;
			field.len = value.len;
			gv_digest_keyed(
			    &out[*n].name, key.p, "reuse", &field, 1);
			out[(*n)++].value = v;
		} else if (r == GV_ENOKEY || r == GV_ENOTFOUND) {
			reuse->unopened++;
			r = 0;
		}
		if (r == 0 && gv_cancel_requested())
			r = gv_cancel_error();
	}
	gv_secret_release(&key);
	gv_secret_release(&value);
	return r;
}

/* Those of one name, if they stand in more than one scope. */
static void
take_group(struct gv_secret_shared *reuse, size_t *n_all,
    const struct named *named, size_t n)
{
	struct gv_secret_shared_group *g = &reuse->groups[reuse->n];
	size_t i;

	if (n < 2)
		return;
	*g = (struct gv_secret_shared_group){ .values = reuse->all + *n_all,
		.n = n };
	g->crosses_environments = true;
	for (i = 0; i < n; i++) {
		reuse->all[(*n_all)++] = named[i].value;
		if (strcmp(named[i].value->scope, GV_SCOPE_SHARED) == 0 &&
		    n == 2)
			g->crosses_environments = false;
	}
	reuse->n++;
}

static void
group(struct gv_secret_shared *reuse, struct named *named, size_t n)
{
	size_t i, j, n_all = 0;

	qsort(named, n, sizeof(*named), compare);
	for (i = 0; i < n; i = j) {
		for (j = i + 1; j < n &&
		     memcmp(named[i].name.bytes, named[j].name.bytes,
			 GV_DIGEST_BYTES) == 0;
		     j++)
			;
		take_group(reuse, &n_all, named + i, j - i);
	}
}

int
gv_secret_shared_find(struct gv_secret_shared *out, struct gv_safe *safe,
    const struct gv_inventory *inv)
{
	struct gv_safe_reader *reader = NULL;
	struct named *named = calloc(inv->n + 1, sizeof(*named));
	size_t n = 0;
	int r;

	memset(out, 0, sizeof(*out));
	out->groups = calloc(inv->n + 1, sizeof(*out->groups));
	out->all = calloc(inv->n + 1, sizeof(const void *));
	if ((r = named && out->groups && out->all ? 0 : gv_err_nomem()) == 0 &&
	    (r = gv_safe_reader_new(&reader, safe)) == 0 &&
	    (r = name_all(named, &n, out, reader, inv)) == 0)
		group(out, named, n);
	gv_safe_reader_free(reader);
	free(named);
	return r;
}

void
gv_secret_shared_release(struct gv_secret_shared *reuse)
{
	if (reuse == NULL)
		return;
	free(reuse->groups);
	free(reuse->all);
	memset(reuse, 0, sizeof(*reuse));
}
