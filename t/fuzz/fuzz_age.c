/*
 * The header of age files: there is one way to write one, so what was read and
 * is written again is the same; a part of it is never taken for the whole; and
 * nobody opens it who is not meant.
 */
#include "fuzz.h"

#include "base/buf.h"
#include "base/err.h"
#include "crypto/age.h"
#include "crypto/identity.h"
#include "crypto/secret.h"
#include "crypto/stanza.h"

#define IDENTITY                                                               \
	"AGE-SECRET-KEY-"                                                      \
	"1EGTZVFFV20835NWYV6270LXYVK2VKNX2MMDKWYKLMGR48UAWX40Q2P2LM0"

static void
write_again(struct gv_buf *out, const struct gv_stanza *s)
{
	const char **words = calloc(s->n_words, sizeof(*words));
	unsigned char *body = malloc(s->body_len + 1);
	struct gv_stanza_parts parts = { words, s->n_words, body, s->body_len };
	size_t i, len;

	must(words && body);
	for (i = 0; i < s->n_words; i++) {
		const char *p = gv_stanza_word(s, i, &len);

		words[i] = strndup(p, len);
	}
	gv_stanza_body(body, s);
	must(gv_stanza_add(out, &parts) == 0);
	for (i = 0; i < s->n_words; i++)
		free((void *)(uintptr_t)words[i]);
	free(words);
	free(body);
}

static void
must_be_the_same(const struct gv_age_header *h, const uint8_t *data)
{
	struct gv_buf stanzas = GV_BUF_INIT, again = GV_BUF_INIT;
	static const unsigned char key[GV_AGE_KEY];
	size_t i;

	/* quadratic in the words, as nobody else is */
	for (i = 0; i < h->n; i++)
		write_again(&stanzas, &h->stanzas[i]);
	must(gv_age_header_add(&again, &stanzas, key) == 0);
	must(again.len == h->len);
	must(memcmp(again.p, data, h->mac_over) == 0);
	gv_buf_release(&stanzas);
	gv_buf_release(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct gv_identity id = GV_IDENTITY_INIT;
	const struct gv_identity *with = &id;
	struct gv_secret plain = GV_SECRET_INIT;
	struct gv_age_header h, part;
	int r;

	if (len > 4096 || gv_age_header_read(&h, data, len) < 0)
		return 0;
	must(h.len <= len && h.mac_over < h.len && h.n > 0);
	must_be_the_same(&h, data);
	must(gv_age_header_read(&part, data, h.len - 1) == GV_ENOTFOUND);
	must(gv_identity_parse(&id, IDENTITY, strlen(IDENTITY)) == 0);
	r = gv_age_open(&plain, &with, 1, data, len, NULL);
	/* the corpus holds some that open, and all they hold is "age" */
	must(r == 0 ? gv_secret_is(&plain, "age", 3) || plain.len == 0
		    : plain.len == 0);
	gv_secret_release(&plain);
	gv_identity_release(&id);
	gv_age_header_release(&h);
	return 0;
}
