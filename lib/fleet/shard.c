#include "fleet/shard.h"

#include <string.h>

#include "base/enc.h"
#include "base/err.h"
#include "crypto/sha.h"

/* A number without a sign that ends at `end`; -1 for another text. */
static int64_t
number(const char *p, const char *end)
{
	int64_t n = 0;

	if (p == end)
		return -1;
	for (; p < end; p++) {
		if (*p < '0' || *p > '9' || n > GV_SHARD_MAX)
			return -1;
		n = n * 10 + (*p - '0');
	}
	return n;
}

int
gv_shard_parse(struct gv_shard *out, const char *text, const char *index)
{
	const char *slash = strchr(text, '/');
	const char *count = slash ? slash + 1 : text;
	const int64_t n = number(count, count + strlen(count));
	int64_t i;

	if (slash == NULL && index == NULL)
		return gv_err(GV_EUSAGE,
		    "--shard %.40s does not say which part: JOB_COMPLETION_INDEX "
		    "is not set; for the first one, write --shard 0/%.40s",
		    text, text);
	i = slash ? number(text, slash) : number(index, index + strlen(index));
	if (n < 1 || n > GV_SHARD_MAX)
		return gv_err(GV_EUSAGE,
		    "--shard takes I/N, such as 3/16, with N from 1 to %d; this "
		    "is '%.40s'",
		    GV_SHARD_MAX, text);
	if (i < 0 || i >= n)
		return gv_err(GV_EUSAGE,
		    "part '%.40s' does not exist: of %lld parts, the first is 0 "
		    "and the last %lld",
		    slash ? text : index, (long long)n, (long long)n - 1);
	out->index = (uint32_t)i;
	out->n = (uint32_t)n;
	return 0;
}

struct gv_shard_key
gv_shard_key(const char *path)
{
	unsigned char sum[GV_SHA_BYTES];
	struct gv_shard_key key;

	gv_sha_sum(sum, path, strlen(path));
	memcpy(key.bytes, sum, sizeof(key.bytes));
	return key;
}

bool
gv_shard_has(const struct gv_shard *shard, const struct gv_shard_key *key)
{
	return shard->n < 2 ||
	    gv_enc_number(key->bytes, 8) % shard->n == shard->index;
}
