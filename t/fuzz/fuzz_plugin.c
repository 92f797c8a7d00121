/*
 * What a plugin says: the first byte chooses the task and how much comes at a
 * time. It is answered in whole stanzas, as often as it asks; what is made of
 * it is a header that can be read.
 */
#include "fuzz.h"

#include "base/buf.h"
#include "base/err.h"
#include "crypto/age.h"
#include "crypto/identity.h"
#include "crypto/plugin.h"
#include "crypto/recipient.h"
#include "crypto/secret.h"
#include "crypto/stanza.h"

#define FILES 2

static const unsigned char file_key[GV_AGE_KEY];

static int
on_tell(void *ctx, const struct gv_plugin_question *q)
{
	(void)ctx;
	must(q->len == 0 || q->text != NULL);
	return 0;
}

static int
on_confirm(void *ctx, const struct gv_plugin_question *q, bool *yes)
{
	*yes = q->no != NULL;
	return on_tell(ctx, q);
}

static int
on_ask(void *ctx, const struct gv_plugin_question *q, struct gv_secret *answer)
{
	(void)ctx;
	return gv_secret_add(answer, q->text, q->len);
}

static void
begin_wrapping(struct gv_plugin *p)
{
	static const char text[] = "age1test1v93xxx3q738";
	struct gv_recipient to = GV_RECIPIENT_INIT;
	int i;

	must(gv_recipient_parse(&to, text, strlen(text)) == 0);
	must(gv_plugin_add_recipient(p, &to) == 0);
	for (i = 0; i < FILES; i++)
		must(gv_plugin_add_key(p, file_key) == 0);
	gv_recipient_release(&to);
}

static void
begin_unwrapping(struct gv_plugin *p)
{
	static const char text[] = "AGE-PLUGIN-TEST-1V93XX9UY5FG";
	static const char header[] =
	    "age-encryption.org/v1\n-> x\n\n"
	    "--- AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n";
	struct gv_identity id = GV_IDENTITY_INIT;
	struct gv_age_header h;
	int i;

	must(gv_identity_parse(&id, text, strlen(text)) == 0);
	must(gv_plugin_add_identity(p, &id) == 0);
	must(gv_age_header_read(&h, header, strlen(header)) == 0);
	for (i = 0; i < FILES; i++)
		must(gv_plugin_add_header(p, &h) == 0);
	gv_age_header_release(&h);
	gv_identity_release(&id);
}

/* Whole stanzas, and no others than there are. */
static void
check_answers(struct gv_plugin *p)
{
	const struct gv_secret *out = gv_plugin_output(p);
	struct gv_stanza s;
	size_t at, used;

	for (at = 0; at < out->len; at += used) {
		must(gv_stanza_read(&s, &used, (const char *)out->p + at,
			 out->len - at) == 0);
		must(gv_stanza_is(&s, 0, "ok") || gv_stanza_is(&s, 0, "fail") ||
		    gv_stanza_is(&s, 0, "unsupported"));
	}
	gv_plugin_wrote(p, out->len);
}

static void
check_stanzas(const struct gv_plugin *p)
{
	struct gv_buf stanzas = GV_BUF_INIT, text = GV_BUF_INIT;
	struct gv_age_header h;
	size_t i;

	for (i = 0; i < FILES; i++) {
		gv_buf_reset(&stanzas);
		gv_buf_reset(&text);
		must(gv_plugin_stanzas(&stanzas, p, i) == 0);
		must(gv_age_header_add(&text, &stanzas, file_key) == 0);
		must(gv_age_header_read(&h, text.p, text.len) == 0);
		must(gv_age_header_check(&h, file_key) == 0);
		gv_age_header_release(&h);
	}
	gv_buf_release(&stanzas);
	gv_buf_release(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct gv_plugin_calls calls = { on_tell, on_confirm,
		on_ask, NULL };
	enum gv_plugin_task task;
	struct gv_plugin *p = NULL;
	size_t at, step, n;
	int r = 0;

	if (len == 0)
		return 0;
	task = data[0] & 1 ? GV_PLUGIN_WRAP : GV_PLUGIN_UNWRAP;
	step = (size_t)data[0] / 2 + 1;
	must(gv_plugin_new(&p, "test", task, &calls) == 0);
	if (task == GV_PLUGIN_WRAP)
		begin_wrapping(p);
	else
		begin_unwrapping(p);
	must(gv_plugin_start(p) == 0);
	gv_plugin_wrote(p, gv_plugin_output(p)->len);
	for (at = 1; r == 0 && at < len; at += n) {
		n = len - at < step ? len - at : step;
		r = gv_plugin_input(p, data + at, n);
		must(r == 0 || r == GV_ECORRUPT);
		check_answers(p);
	}
	if (gv_plugin_end(p) == 0 && task == GV_PLUGIN_WRAP)
		check_stanzas(p);
	gv_plugin_free(p);
	return 0;
}
