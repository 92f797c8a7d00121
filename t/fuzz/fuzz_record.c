/* Read a commit as a snapshot's; what is accepted must come back the same
 * when its message is written and read again. */
#include "fuzz.h"

#include "record/record_parse.h"

static void
must_equal(const char *a, const char *b)
{
	must((a == NULL) == (b == NULL));
	must(a == NULL || strcmp(a, b) == 0);
}

static void
compare(const struct gv_record *a, const struct gv_record *b)
{
	size_t i;

	must_equal(a->id, b->id);
	must_equal(a->subject, b->subject);
	must_equal(a->body, b->body);
	must_equal(a->host, b->host);
	must_equal(a->trigger, b->trigger);
	must_equal(a->branch, b->branch);
	must_equal(a->previous, b->previous);
	must(a->n_tags == b->n_tags);
	for (i = 0; i < a->n_tags; i++)
		must_equal(a->tags[i], b->tags[i]);
	must(a->n_environments == b->n_environments);
	for (i = 0; i < a->n_environments; i++)
		must_equal(a->environments[i], b->environments[i]);
	must(a->n_nested == b->n_nested);
	for (i = 0; i < a->n_nested; i++)
		must_equal(a->nested[i], b->nested[i]);
	must(a->files == b->files && a->bytes == b->bytes);
	must(a->secrets == b->secrets && gv_oid_equal(&a->base, &b->base));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct gv_record rec, back;
	struct gv_buf b = GV_BUF_INIT;
	char hex[GV_OID_HEX + 1];

	if (gv_record_parse(&rec, data, len) < 0)
		return 0;
	gv_oid_format(hex, &rec.root);
	gv_buf_addf(&b, "tree %s\n", hex);
	if (!gv_oid_is_zero(&rec.base)) {
		gv_oid_format(hex, &rec.base);
		gv_buf_addf(&b, "parent %s\n", hex);
	}
	gv_buf_addf(&b, "author %s 1 +0000\ncommitter x <y> %lld +0000\n\n",
	    rec.author, (long long)rec.time);
	gv_record_message(&b, &rec);
	must(gv_record_parse(&back, b.p, b.len) == 0);
	compare(&rec, &back);
	gv_record_release(&rec);
	gv_record_release(&back);
	gv_buf_release(&b);
	return 0;
}
