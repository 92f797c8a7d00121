#include "symbol/symbol_internal.h"

#include <string.h>

/*
 * Where a stack of Terraform keeps its state, and whose states it reads, as
 * one name for the same place: "s3:BUCKET/KEY". A part that is not written
 * there (-backend-config gives it) is a '*'.
 */

static const struct {
	const char *backend;
	const char *keys[3]; /* "?": left out where it is not written */
} backends[] = {
	{ "s3", { "bucket", "?workspace_key_prefix", "key" } },
	{ "gcs", { "bucket", "prefix" } },
	{ "azurerm", { "storage_account_name", "container_name", "key" } },
	{ "oss", { "bucket", "prefix", "key" } },
	{ "cos", { "bucket", "prefix", "key" } },
	{ "local", { "path" } },
	{ "consul", { "path" } },
	{ "kubernetes", { "namespace", "secret_suffix" } },
	{ "pg", { "schema_name" } },
	{ "http", { "address" } },
	{ "remote", { "organization", "workspaces.name" } },
	{ "cloud", { "organization", "workspaces.name" } },
};

#define N_BACKENDS (sizeof(backends) / sizeof(backends[0]))

static void
add_part(struct gv_buf *out, const struct gv_doc *doc, uint32_t body,
    const char *key, struct gv_buf *text)
{
	const uint32_t node =
	    body == GV_DOC_NONE ? body : gv_doc_find(doc, body, key);

	if (!gv_symbol_scalar(text, doc, node)) {
		gv_buf_addch(out, '*');
		return;
	}
	gv_symbol_fold(text);
	gv_buf_add(out, text->p, text->len);
}

/* The name of the place that this body describes. Whether the kind is known. */
static bool
place_of(struct gv_buf *out, const struct gv_doc *doc, uint32_t body,
    const char *backend)
{
	struct gv_buf text = GV_BUF_INIT;
	size_t b, i;

	for (b = 0; b < N_BACKENDS; b++)
		if (strcmp(backends[b].backend, backend) == 0)
			break;
	gv_buf_addstr(out, backend);
	gv_buf_addch(out, ':');
	if (b == N_BACKENDS) {
		gv_buf_addch(out, '*');
		return false;
	}
	for (i = 0; i < 3 && backends[b].keys[i]; i++) {
		const char *key = backends[b].keys[i];

		if (*key == '?' &&
		    (body == GV_DOC_NONE ||
			gv_doc_find(doc, body, ++key) == GV_DOC_NONE))
			continue;
		if (i)
			gv_buf_addch(out, '/');
		add_part(out, doc, body, key, &text);
	}
	out->failed |= text.failed;
	gv_buf_release(&text);
	return true;
}

static void
add_place(struct gv_symbols *out, const struct gv_symbol_row *row,
    const struct gv_buf *place)
{
	struct gv_symbol_row add = *row;

	if (place->failed) {
		out->failed = true;
		return;
	}
	add.name = place->p;
	add.name_len = place->len;
	/* '$' in a template of the team's own */
	if (memchr(place->p, '*', place->len) ||
	    memchr(place->p, '$', place->len))
		add.flags |= GV_SYMBOL_PATTERN;
	gv_symbol_add(out, &add);
}

void
gv_symbol_terraform_backend(
    struct gv_symbols *out, const struct gv_doc *doc, uint32_t node)
{
	struct gv_symbol_row row = { .kind = GV_SYMBOL_DEFINITION,
		.word = GV_SYMBOL_SPACE_TF_BACKEND,
		.line = gv_symbol_line(doc, node),
		.in = GV_SYMBOL_NONE };
	struct gv_buf backend = GV_BUF_INIT, place = GV_BUF_INIT;
	const uint32_t first = gv_doc_first(doc, node);
	uint32_t body = node;

	if (gv_doc_key_is(doc, node, "cloud")) {
		gv_buf_addstr(&backend, "cloud");
	} else if (first != GV_DOC_NONE) {
		if (doc->nodes[node].kind == GV_DOC_BLOCK) {
			gv_doc_text(&backend, doc, first);
		} else {
			gv_doc_key(&backend, doc, first);
			body = first;
		}
	}
	if (backend.len) {
		place_of(&place, doc, body, backend.p);
		add_place(out, &row, &place);
		row.kind = GV_SYMBOL_REFERENCE;
		row.how = GV_SYMBOL_EXTERNAL;
		row.word = GV_SYMBOL_EDGE_TF_BACKEND;
		add_place(out, &row, &place);
	}
	out->failed |= backend.failed;
	gv_buf_release(&backend);
	gv_buf_release(&place);
}

void
gv_symbol_terraform_state(struct gv_symbols *out, const struct gv_doc *doc,
    uint32_t node, uint32_t in)
{
	struct gv_symbol_row row = { .kind = GV_SYMBOL_REFERENCE,
		.how = GV_SYMBOL_BY_NAME,
		.word = GV_SYMBOL_EDGE_TF_REMOTE_STATE,
		.space = GV_SYMBOL_SPACE_TF_BACKEND,
		.flags = GV_SYMBOL_ELSEWHERE,
		.line = gv_symbol_line(doc, node),
		.in = in };
	struct gv_buf backend = GV_BUF_INIT, place = GV_BUF_INIT;

	if (gv_symbol_scalar(&backend, doc, gv_doc_get(doc, node, "backend"))) {
		place_of(
		    &place, doc, gv_doc_get(doc, node, "config"), backend.p);
		add_place(out, &row, &place);
	}
	out->failed |= backend.failed;
	gv_buf_release(&backend);
	gv_buf_release(&place);
}
