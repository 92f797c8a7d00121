#include "object/odb_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"

#define IN_SIZE (32 * 1024)

int
gv_odb_flow_open(struct gv_odb_flow *flow, int fd, uint64_t at, uint64_t end)
{
	memset(flow, 0, sizeof(*flow));
	flow->fd = fd;
	flow->at = at;
	flow->end = end;
	flow->in = malloc(IN_SIZE);
	if (flow->in == NULL || inflateInit(&flow->z) != Z_OK) {
		free(flow->in);
		flow->in = NULL;
		return gv_err_nomem();
	}
	flow->is_open = true;
	return 0;
}

/* More of the file; false where there is none. */
static bool
fill(struct gv_odb_flow *flow)
{
	uint64_t left = flow->end > flow->at ? flow->end - flow->at : 0;
	ssize_t n;

	if (left > IN_SIZE)
		left = IN_SIZE;
	do
		n = pread(flow->fd, flow->in, (size_t)left, (off_t)flow->at);
	while (n < 0 && errno == EINTR);
	if (n <= 0) {
		flow->why = n < 0 ? strerror(errno) : "it ends early";
		return false;
	}
	flow->z.next_in = flow->in;
	flow->z.avail_in = (uInt)n;
	flow->at += (uint64_t)n;
	return true;
}

static bool
step(struct gv_odb_flow *flow)
{
	int z = inflate(&flow->z, Z_NO_FLUSH);

	if (z == Z_STREAM_END)
		flow->is_done = true;
	else if (z != Z_OK && z != Z_BUF_ERROR)
		flow->why = "its compressed bytes are damaged";
	return z == Z_STREAM_END || z == Z_OK || z == Z_BUF_ERROR;
}

int64_t
gv_odb_flow_read(struct gv_odb_flow *flow, void *out, size_t len)
{
	size_t done = 0, n;

	/* with no room left the end of the stream is still to be seen */
	while (!flow->is_done && done < len) {
		n = len - done < UINT32_MAX / 2 ? len - done : UINT32_MAX / 2;
		if (flow->z.avail_in == 0 && !fill(flow))
			return GV_ECORRUPT;
		flow->z.next_out = (unsigned char *)out + done;
		flow->z.avail_out = (uInt)n;
		if (!step(flow))
			return GV_ECORRUPT;
		done += n - flow->z.avail_out;
	}
	return (int64_t)done;
}

void
gv_odb_flow_close(struct gv_odb_flow *flow)
{
	if (flow == NULL || !flow->is_open)
		return;
	inflateEnd(&flow->z);
	free(flow->in);
	memset(flow, 0, sizeof(*flow));
}

/* Deflate's best is 1 bit for each of 258 bytes, less than 1 to 1,032. */
bool
gv_odb_flow_is_likely(uint64_t size, uint64_t packed)
{
	return size / 1032 <= packed;
}
