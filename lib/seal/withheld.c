#include "seal/withheld.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "base/err.h"
#include "base/path.h"
#include "base/vec.h"
#include "config/policy.h"
#include "seal/withheld_internal.h"
#include "vault/label.h"

_Static_assert(GV_WITHHELD_SCOPE_MAX == GV_POLICY_NAME_MAX,
    "a scope is named as the policy names it");

const char gv_withheld_magic[] = "git-vault secrets 1\n";

bool
gv_withheld_is_all(const struct gv_withheld_entry *e)
{
	return e->kind != GV_WITHHELD_SPAN;
}

const char *
gv_withheld_fault(const struct gv_withheld_entry *e)
{
	char text[GV_REDACT_MAX];

	if (e->path_len == 0 || memchr(e->path, '\0', e->path_len))
		return "has an impossible path";
	if (!gv_label_is_valid(e->scope))
		return "has an impossible scope";
	if (!gv_redact_rule_is_valid(e->place.rule) ||
	    e->place.len !=
		gv_redact_placeholder(text, e->place.rule, &e->place.id) ||
	    e->place.at > UINT64_MAX - e->place.len ||
	    (gv_withheld_is_all(e) && e->place.at > 0))
		return "has a placeholder that cannot be";
	return NULL;
}

static int
compare_paths(const char *a, size_t a_len, const char *b, size_t b_len)
{
	int c = memcmp(a, b, a_len < b_len ? a_len : b_len);

	return c ? c : (a_len > b_len) - (a_len < b_len);
}

int
gv_withheld_compare(
    const struct gv_withheld_entry *e, const char *path, size_t len)
{
	return compare_paths(e->path, e->path_len, path, len);
}

void
gv_withheld_put(struct gv_buf *out, const struct gv_withheld_entry *e)
{
	char number[GV_ENC_DECIMAL_MAX], id[GV_REDACT_ID_HEX + 1];
	char object[GV_OID_HEX + 1];

	gv_buf_addch(out, (char)e->kind);
	gv_buf_addch(out, ' ');
	gv_buf_add(out, number, gv_enc_decimal(number, e->place.at));
	gv_buf_addch(out, ' ');
	gv_buf_add(out, number, gv_enc_decimal(number, e->place.len));
	gv_enc_hex(id, e->place.id.bytes, GV_DIGEST_BYTES);
	gv_oid_format(object, &e->object);
	gv_buf_addf(out, " %s %s %s %s ", e->scope, e->place.rule, id, object);
	gv_path_quote(out, e->path, e->path_len);
	gv_buf_addch(out, '\n');
}

/* ---- the list ---------------------------------------------------------- */

static int
compare(const void *a, const void *b)
{
	const struct gv_withheld_entry *x = a, *y = b;
	int c = gv_withheld_compare(x, y->path, y->path_len);

	return c ? c
		 : (x->place.at > y->place.at) - (x->place.at < y->place.at);
}

int
gv_withheld_add(struct gv_withheld *list, const struct gv_withheld_entry *e)
{
	const char *fault = gv_withheld_fault(e);
	struct gv_withheld_entry copy = *e;

	if (fault)
		return gv_err(GV_EUSAGE, "the encrypted secrets of '%.*s' %s",
		    (int)(e->path_len < 4096 ? e->path_len : 4096), e->path,
		    fault);
	copy.path = gv_arena_copy(&list->arena, e->path, e->path_len);
	copy.scope = gv_arena_copy(&list->arena, e->scope, strlen(e->scope));
	copy.place.rule =
	    gv_arena_copy(&list->arena, e->place.rule, strlen(e->place.rule));
	if (copy.path == NULL || copy.scope == NULL ||
	    copy.place.rule == NULL ||
	    gv_vec_grow((void **)&list->entries, &list->cap, list->n + 1,
		sizeof(copy)) < 0)
		return gv_err_nomem();
	list->entries[list->n++] = copy;
	return 0;
}

static bool
are_over_each_other(
    const struct gv_withheld_entry *a, const struct gv_withheld_entry *b)
{
	return gv_withheld_compare(a, b->path, b->path_len) == 0 &&
	    (gv_withheld_is_all(a) || gv_withheld_is_all(b) ||
		b->place.at < a->place.at + a->place.len);
}

int
gv_withheld_write(struct gv_buf *out, struct gv_withheld *list)
{
	size_t before = out->len, i;
	int r = 0;

	if (list->n > 1)
		qsort(list->entries, list->n, sizeof(*list->entries), compare);
	gv_buf_addstr(out, gv_withheld_magic);
	for (i = 0; i < list->n && r == 0; i++) {
		const struct gv_withheld_entry *e = &list->entries[i];

		if (i > 0 && are_over_each_other(e - 1, e))
			r = gv_err(GV_EUSAGE,
			    "two placeholders of '%s' lie over each other, at "
			    "offset %" PRIu64,
			    e->path, e->place.at);
		else
			gv_withheld_put(out, e);
	}
	if (r == 0)
		r = gv_buf_check(out);
	if (r < 0)
		gv_buf_truncate(out, before);
	return r;
}

void
gv_withheld_release(struct gv_withheld *list)
{
	if (list == NULL)
		return;
	free(list->entries);
	gv_arena_release(&list->arena);
	list->entries = NULL;
	list->n = list->cap = 0;
}
