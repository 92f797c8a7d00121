/* Keys of age as text: what is read is written again as it was, in its case. */
#include "fuzz.h"

#include "crypto/bech32.h"

static void
round_trip(const struct gv_bech32 *b, const char *text, size_t len)
{
	unsigned char *bytes = malloc(b->len + 1);
	char *prefix = malloc(b->prefix_len + 1), *again = malloc(len + 1);

	must(bytes && prefix && again);
	gv_bech32_bytes(bytes, b);
	memcpy(prefix, b->prefix, b->prefix_len);
	prefix[b->prefix_len] = '\0';
	must(gv_bech32_size(prefix, b->len) == len);
	gv_bech32_write(again, prefix, bytes, b->len);
	/* digits take their case from the first letter of the prefix */
	if (!b->upper || (prefix[0] >= 'A' && prefix[0] <= 'Z'))
		must(memcmp(again, text, len) == 0);
	free(bytes);
	free(prefix);
	free(again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct gv_bech32 b;

	if (gv_bech32_read(&b, (const char *)data, len) == 0)
		round_trip(&b, (const char *)data, len);
	return 0;
}
