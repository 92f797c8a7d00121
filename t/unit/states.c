#include "states.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

/* A digest that is good enough for a test. */
static void
sum(unsigned char out[GV_STATE_SUM], const void *data, size_t len)
{
	const unsigned char *p = data;
	uint64_t h[4] = { 1, 2, 3, 4 };
	size_t i;

	for (i = 0; i < len; i++)
		h[i % 4] = (h[i % 4] ^ p[i]) * UINT64_C(0x100000001b3) + i;
	memcpy(out, h, GV_STATE_SUM);
}

static int
back(void *ctx)
{
	struct states_bytes *b = ctx;

	b->at = 0;
	return 0;
}

static int64_t
give(void *ctx, void *data, size_t len)
{
	struct states_bytes *b = ctx;
	size_t n = b->len - b->at;

	if (b->fail_at && b->at >= b->fail_at)
		return gv_err(GV_ERROR, "the disk is gone");
	if (n > len)
		n = len;
	if (b->step && n > b->step)
		n = b->step;
	if (n)
		memcpy(data, b->p + b->at, n);
	b->at += n;
	return (int64_t)n;
}

struct gv_state_again
states_again(struct states_bytes *bytes)
{
	return (struct gv_state_again){
		.rewind = back, .read = give, .ctx = bytes, .sum = sum
	};
}

/* Line by line as Terraform writes it; without lines; with sorted keys. */
static void
add_resource(struct gv_buf *b, enum states_form form, size_t i, bool edit)
{
	const char *note = edit ? "edited {\\\"mode\\\":" : "as it was";

	if (form == STATES_PRETTY)
		gv_buf_addf(b,
		    "    {\n      \"mode\": \"managed\",\n"
		    "      \"type\": \"t\",\n      \"name\": \"n%zu\",\n"
		    "      \"provider\": \"provider[\\\"p\\\"]\",\n"
		    "      \"instances\": [\n        {\n"
		    "          \"schema_version\": 0,\n"
		    "          \"attributes\": {\n"
		    "            \"id\": \"i-%zu\",\n"
		    "            \"name\": \"%s\",\n"
		    "            \"tags\": {\n"
		    "              \"name\": \"\\u00fc }{ ][\",\n"
		    "              \"list\": [\n                1,\n"
		    "                2\n              ]\n            }\n"
		    "          }\n        }\n      ]\n    }",
		    i, i * 7919, note);
	else if (form == STATES_COMPACT)
		gv_buf_addf(b,
		    "{\"mode\":\"managed\",\"type\":\"t\",\"name\":\"n%zu\","
		    "\"provider\":\"p\",\"instances\":[{\"attributes\":{"
		    "\"name\":\"%s\",\"tags\":{\"name\":[{\"type\":1}]}}}]}",
		    i, note);
	else
		gv_buf_addf(b,
		    "{\"instances\": [{\"attributes\": {\"name\": \"%s\"}}], "
		    "\"mode\": \"managed\", \"name\": \"n%zu\", "
		    "\"provider\": \"p\", \"type\": \"t\"}",
		    note, i);
}

static const char *const heads[] = {
	"{\n  \"version\": 4,\n  \"terraform_version\": \"1.9.5\",\n"
	"  \"serial\": 7,\n  \"lineage\": \"one\",\n  \"outputs\": {\n"
	"    \"url\": {\n      \"value\": \"u\",\n      \"type\": \"string\"\n"
	"    }\n  },\n  \"resources\": [\n",
	"{\"version\":4,\"terraform_version\":\"1.9.5\",\"serial\":7,"
	"\"lineage\":\"one\",\"outputs\":{\"url\":{\"value\":\"u\","
	"\"type\":\"string\"}},\"resources\":[",
	"{\"check_results\": null, \"lineage\": \"one\", \"outputs\": "
	"{\"url\": {\"type\": \"string\", \"value\": \"u\"}}, "
	"\"resources\": [",
};

static const char *const tails[] = {
	"\n  ],\n  \"check_results\": null\n}\n",
	"],\"check_results\":null}",
	("], \"serial\": 7, \"terraform_version\": \"1.9.5\", "
	 "\"version\": 4}\n"),
};

void
states_make(
    struct states_made *out, enum states_form form, size_t n, size_t edit)
{
	static const char *const commas[] = { ",\n", ",", ", " };
	size_t i;

	*out = (struct states_made){ .text = GV_BUF_INIT };
	out->places = calloc(n ? n : 1, sizeof(*out->places));
	out->n = n;
	gv_buf_addstr(&out->text, heads[form]);
	for (i = 0; i < n; i++) {
		struct states_place *p = &out->places[i];

		if (i)
			gv_buf_addstr(&out->text, commas[form]);
		p->from = out->text.len + (form == STATES_PRETTY ? 4 : 0);
		add_resource(&out->text, form, i, i == edit);
		p->to = out->text.len;
		snprintf(p->name, sizeof(p->name), "t.n%zu", i);
	}
	gv_buf_addstr(&out->text, tails[form]);
}

void
states_free(struct states_made *made)
{
	gv_buf_release(&made->text);
	free(made->places);
}

const struct gv_state_found *
states_find(const struct gv_state_triage *t, const char *address,
    enum gv_state_side side)
{
	size_t i;

	for (i = 0; i < t->n; i++)
		if (strcmp(t->found[i].address, address) == 0 &&
		    t->found[i].side == side)
			return &t->found[i];
	return NULL;
}
