#include "store/store_azure.h"

#include <stdlib.h>
#include <string.h>

#include "base/enc.h"

bool
gv_store_azure_find(
    struct gv_store_azure_piece *out, const char *text, const char *name)
{
	size_t len = strlen(name), n;

	for (;; text += n + 1) {
		n = strcspn(text, ";");
		if (n > len && strncmp(text, name, len) == 0 &&
		    text[len] == '=') {
			*out = (struct gv_store_azure_piece){ text + len + 1,
				n - len - 1 };
			return true;
		}
		if (text[n] == '\0')
			return false;
	}
}

static const char *
value_of(const struct gv_store_ask *ask, const char *name)
{
	size_t i;

	for (i = 0; i < ask->n; i++)
		if (strcmp(ask->fields[i].name, name) == 0)
			return ask->fields[i].value;
	return "";
}

/* These have a line each, whether they are there or not. */
static void
add_standard(struct gv_buf *out, const struct gv_store_ask *ask)
{
	static const char *const before[] = { "content-encoding",
		"content-language" };
	static const char *const behind[] = { "content-md5", "content-type",
		"date", "if-modified-since", "if-match", "if-none-match",
		"if-unmodified-since", "range" };
	size_t i;

	for (i = 0; i < sizeof(before) / sizeof(*before); i++)
		gv_buf_addf(out, "%s\n", value_of(ask, before[i]));
	if (ask->body && ask->body->len)
		gv_buf_addf(out, "%llu", (unsigned long long)ask->body->len);
	gv_buf_addch(out, '\n');
	for (i = 0; i < sizeof(behind) / sizeof(*behind); i++)
		gv_buf_addf(out, "%s\n", value_of(ask, behind[i]));
}

static int
compare_fields(const void *a, const void *b)
{
	const struct gv_http_field *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

static void
add_own(struct gv_buf *out, const struct gv_store_ask *ask)
{
	const struct gv_http_field *own[GV_STORE_FIELDS];
	size_t n = 0, i;

	for (i = 0; i < ask->n; i++)
		if (strncmp(ask->fields[i].name, "x-ms-", 5) == 0)
			own[n++] = &ask->fields[i];
	if (n)
		qsort(own, n, sizeof(*own), compare_fields);
	for (i = 0; i < n; i++)
		gv_buf_addf(out, "%s:%s\n", own[i]->name, own[i]->value);
}

/* "name=value" pairs of the query, which the callers write in order. */
static int
add_query(struct gv_buf *out, const char *query)
{
	size_t n, name;
	int r = 0;

	while (r == 0 && *query) {
		n = strcspn(query, "&");
		name = strcspn(query, "=&");
		gv_buf_addch(out, '\n');
		gv_buf_add(out, query, name);
		gv_buf_addch(out, ':');
		if (name < n)
			r = gv_enc_unpercent(
			    out, query + name + 1, n - name - 1);
		query += n + (query[n] == '&');
	}
	return r;
}

int
gv_store_azure_text(
    struct gv_buf *out, const struct gv_store_ask *ask, const char *resource)
{
	int r;

	gv_buf_addf(out, "%s\n", ask->method);
	add_standard(out, ask);
	add_own(out, ask);
	gv_buf_addstr(out, resource);
	r = add_query(out, ask->query.p);
	return r < 0 ? r : gv_buf_check(out);
}
