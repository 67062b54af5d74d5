// An S3 server that stores nothing and costs next to nothing, so that what is measured in front of it
// is the client. For `python -m tests.benchmarks`, which compiles and starts it.
//
//   null_s3 < pipe      listens on a free port of 127.0.0.1, prints it, ends when the pipe is closed
//
// Whatever the key, GET answers 1 KiB, or as many bytes as a key with `big-<bytes>` in it says, by ranges too;
// HEAD its head, DELETE 204; a listing has 1,000 keys; the body of a PUT is dropped, also that of a part.
// Bodies have a Content-Length; `Expect: 100-continue` is obeyed. No signature is looked at.
// One thread: a reply fits in a socket's send buffer, so that sending never waits for anybody; only a
// listing waits for its client. What is big goes out as fast as its client takes it.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HEAD_MAX = 16384, CONNECTIONS_MAX = 1024, BODY = 1024, FIXED = 2, KEYS = 1000, BLOCK = 1 << 20 };

typedef struct {
    size_t have;                // bytes of `head` that are filled
    unsigned long long left;    // bytes of a request's body still to come
    unsigned long long out;     // bytes of a big reply still to go
    unsigned long long size, from, to;  // of the big object that is asked for; size 0: it is no big one
    int part;                   // whether a range of it is
    char method;                // of the request whose body is being read; 0: a head is being read
    char head[HEAD_MAX + 1];
} connection;

static struct pollfd polled[FIXED + CONNECTIONS_MAX]; // standard input, the listener, the clients
static connection *clients[FIXED + CONNECTIONS_MAX];
static nfds_t count = FIXED;
static char get_reply[BODY + 512], put_reply[512], list_reply[KEYS * 400], block[BLOCK];
static size_t get_head_length, list_length;
static const char delete_reply[] = "HTTP/1.1 204 No Content\r\nServer: null_s3\r\n\r\n";

#define COMMON "Server: null_s3\r\nDate: Fri, 17 May 2024 08:00:00 GMT\r\n" \
    "x-amz-request-id: 17D0C0FFEE000000\r\nx-amz-id-2: 0123456789abcdef0123456789abcdef\r\n" \
    "Accept-Ranges: bytes\r\n"

static const char begun_reply[] = "HTTP/1.1 200 OK\r\n" COMMON "Content-Length: 108\r\n\r\n"
    "<InitiateMultipartUploadResult><UploadId>0123456789abcdef01234567</UploadId></InitiateMultipartUploadResult>";
static const char ended_reply[] = "HTTP/1.1 200 OK\r\n" COMMON "Content-Length: 112\r\n\r\n"
    "<CompleteMultipartUploadResult><ETag>\"d41d8cd98f00b204e9800998ecf8427e-9\"</ETag></CompleteMultipartUploadResult>";

static void make_replies(void) {
    memset(block, 'x', sizeof block);
    // The ETag is the MD5 of 1,024 times 'x'; that of PUT cannot be right and is constant.
    get_head_length = (size_t)sprintf(get_reply,
        "HTTP/1.1 200 OK\r\n" COMMON "Content-Type: application/octet-stream\r\n"
        "ETag: \"7265f4d211b56873a381d321f586e4a9\"\r\n"
        "Last-Modified: Fri, 17 May 2024 08:00:00 GMT\r\nContent-Length: %d\r\n\r\n", BODY);
    memset(get_reply + get_head_length, 'x', BODY);
    sprintf(put_reply, "HTTP/1.1 200 OK\r\n" COMMON
        "ETag: \"d41d8cd98f00b204e9800998ecf8427e\"\r\nContent-Length: 0\r\n\r\n");
    static char page[sizeof list_reply - 1024];
    char *at = page + sprintf(page, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>benchmarks</Name>"
        "<Prefix></Prefix><KeyCount>%d</KeyCount><MaxKeys>%d</MaxKeys>"
        "<IsTruncated>false</IsTruncated>", KEYS, KEYS);
    for (int key = 0; key < KEYS; key++)
        at += sprintf(at, "<Contents><Key>some/folder/object-%06d.txt</Key>"
            "<LastModified>2024-05-17T08:00:00.000Z</LastModified>"
            "<ETag>&quot;7265f4d211b56873a381d321f586e4a9&quot;</ETag><Size>%d</Size>"
            "<StorageClass>STANDARD</StorageClass></Contents>", key, BODY);
    at += sprintf(at, "</ListBucketResult>");
    list_length = (size_t)sprintf(list_reply, "HTTP/1.1 200 OK\r\n" COMMON
        "Content-Type: application/xml\r\nContent-Length: %td\r\n\r\n%s", at - page, page);
}

// The value of a header, or NULL; `head` ends with a zero byte after its blank line.
static const char *header(const char *head, const char *name) {
    size_t length = strlen(name);
    for (const char *line = head; (line = strstr(line, "\r\n")) != NULL;) {
        line += 2;
        if (strncasecmp(line, name, length) == 0 && line[length] == ':')
            return line + length + 1 + strspn(line + length + 1, " ");
    }
    return NULL;
}

// What is big: its head now, the rest as the client takes it.
static void answer_big(int fd, connection *c) {
    char head[1024], range[96] = "";
    if (c->part)
        sprintf(range, "Content-Range: bytes %llu-%llu/%llu\r\n", c->from, c->to - 1, c->size);
    int length = sprintf(head, "HTTP/1.1 %s\r\n" COMMON "Content-Type: application/octet-stream\r\n"
        "ETag: \"%032llx-9\"\r\nLast-Modified: Fri, 17 May 2024 08:00:00 GMT\r\n%s"
        "Content-Length: %llu\r\n\r\n", c->part ? "206 Partial Content" : "200 OK", c->size, range,
        c->to - c->from);
    send(fd, head, (size_t)length, MSG_NOSIGNAL | MSG_MORE);
    c->out = c->method == 'G' ? c->to - c->from : 0;
}

// False when the client is gone.
static int send_big(int fd, connection *c) {
    while (c->out > 0) {
        ssize_t sent = send(fd, block, c->out < BLOCK ? c->out : BLOCK, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0)
            return errno == EAGAIN;
        c->out -= (unsigned long long)sent;
    }
    return 1;
}

// The size of a big object and the range of it, from the head of a request.
static void look_for_big(connection *c) {
    const char *end = strstr(c->head, "\r\n"), *name = strstr(c->head, "big-"), *range;
    c->size = c->part = 0;
    if (name == NULL || name > end || (c->method != 'G' && c->method != 'H'))
        return;
    c->size = strtoull(name + 4, NULL, 10), c->from = 0, c->to = c->size;
    if ((range = header(c->head, "Range")) != NULL && strncmp(range, "bytes=", 6) == 0) {
        char *after;
        c->part = 1;
        c->from = strtoull(range + 6, &after, 10);
        if (after[1] >= '0' && after[1] <= '9' && strtoull(after + 1, NULL, 10) < c->size)
            c->to = strtoull(after + 1, NULL, 10) + 1;
    }
}

static void answer(int fd, connection *c) {
    char method = c->method;
    if (c->size > 0) {
        answer_big(fd, c);
        return;
    }
    const char *reply = method == 'P' ? put_reply : method == 'D' ? delete_reply
        : method == 'B' ? begun_reply : method == 'E' ? ended_reply
        : method == 'L' ? list_reply : get_reply;
    size_t length = method == 'H' ? get_head_length : method == 'L' ? list_length
        : method == 'G' ? get_head_length + BODY : strlen(reply);
    send(fd, reply, length, MSG_NOSIGNAL);
}

// Goes through what has come in; more than one request may have.
static void progress(int fd, connection *c) {
    while (c->out == 0) {
        if (c->method != 0) {
            size_t taken = c->left < c->have ? (size_t)c->left : c->have;
            memmove(c->head, c->head + taken, c->have -= taken);
            if ((c->left -= taken) > 0)
                return;
            answer(fd, c);
            c->method = 0;
            continue;           // a big reply has to go out first
        }
        c->head[c->have] = 0;
        char *end = strstr(c->head, "\r\n\r\n");
        if (end == NULL)
            return;
        end[3] = 0;             // the last '\n' isn't missed, and `header` stays inside this head
        const char *length = header(c->head, "Content-Length");
        const char *expect = header(c->head, "Expect");
        const char *listing = strstr(c->head, "list-type=");
        c->method = listing != NULL && listing < strstr(c->head, "\r\n") ? 'L' : c->head[0];
        if (c->head[0] == 'P' && c->head[1] == 'O')
            c->method = strstr(c->head, "uploadId=") == NULL ? 'B' : 'E';
        look_for_big(c);
        c->left = length != NULL ? strtoull(length, NULL, 10) : 0;
        size_t head_length = (size_t)(end + 4 - c->head);
        if (expect != NULL && c->left > c->have - head_length)
            send(fd, "HTTP/1.1 100 Continue\r\n\r\n", 25, MSG_NOSIGNAL);
        memmove(c->head, end + 4, c->have -= head_length);
    }
}

// False when the client is gone, or sends a head that doesn't fit.
static int receive(int fd, connection *c) {
    static char dropped[1 << 20];
    if (c->method != 0 && c->have == 0 && c->left > 0) {
        size_t most = c->left < sizeof dropped ? (size_t)c->left : sizeof dropped;
        ssize_t got = recv(fd, dropped, most, MSG_TRUNC);   // which copies nothing, on Linux
        if (got <= 0)
            return 0;
        c->left -= (unsigned long long)got;
    } else {
        ssize_t got = recv(fd, c->head + c->have, HEAD_MAX - c->have, 0);
        if (got <= 0)
            return 0;
        c->have += (size_t)got;
    }
    progress(fd, c);
    return c->have < HEAD_MAX;
}

static void welcome(int listener) {
    int fd = accept(listener, NULL, NULL), on = 1;
    connection *c = fd < 0 || count == FIXED + CONNECTIONS_MAX ? NULL : calloc(1, sizeof *c);
    if (c == NULL) {
        if (fd >= 0)
            close(fd);
        return;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    polled[count] = (struct pollfd){.fd = fd, .events = POLLIN};
    clients[count++] = c;
}

int main(void) {
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, size) != 0
        || listen(listener, 128) != 0
        || getsockname(listener, (struct sockaddr *)&address, &size) != 0) {
        perror("null_s3");
        return 1;
    }
    signal(SIGPIPE, SIG_IGN);
    make_replies();
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    polled[0] = (struct pollfd){.fd = STDIN_FILENO, .events = POLLIN};
    polled[1] = (struct pollfd){.fd = listener, .events = POLLIN};
    while (poll(polled, count, -1) >= 0 && polled[0].revents == 0) {
        for (nfds_t i = count; i-- > FIXED;) {
            if (polled[i].revents == 0)
                continue;
            int there = clients[i]->out > 0 ? send_big(polled[i].fd, clients[i])
                : receive(polled[i].fd, clients[i]);
            if (there) {
                if (clients[i]->out == 0)
                    progress(polled[i].fd, clients[i]);
                polled[i].events = clients[i]->out > 0 ? POLLOUT : POLLIN;
            } else {
                close(polled[i].fd);
                free(clients[i]);
                polled[i] = polled[--count];    // that one has had its turn already
                clients[i] = clients[count];
            }
        }
        if (polled[1].revents != 0)
            welcome(listener);
    }
    return 0;
}
