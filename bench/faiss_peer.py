"""One index of FAISS, for bench/native/search_bench, which speaks to it through pipes. Usage: faiss_peer.py SETTING HASHES

SETTING is "flat", or BANDSxBITSxFLIPS for IndexBinaryMultiHash; HASHES a file of 32 bytes each. Says first how many seconds
the build took and how many bytes the process grew by (two doubles). A request is a count, a radius (32 bits each) and so many
queries, the first of which only warms up; the answer has for each other query its microseconds of processor time (a double),
its number of hits, their positions and their distances (32 bits each).
"""

import struct
import sys
import time

import faiss
import numpy

BITS, BYTES = 256, 32


def resident_bytes():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096


def empty_index(setting):
    if setting == "flat":
        return faiss.IndexBinaryFlat(BITS)
    bands, bits, flips = (int(number) for number in setting.split("x"))
    index = faiss.IndexBinaryMultiHash(BITS, bands, bits)
    index.nflip = flips
    return index


def search(index, query, radius):
    start = time.thread_time_ns()
    # FAISS finds what is nearer than the radius that it is given.
    limits, distances, labels = index.range_search(query, radius + 1)
    us = (time.thread_time_ns() - start) / 1000
    return us, labels.astype(numpy.uint32), distances.astype(numpy.uint32)


def call_us():
    """What a call from Python takes, FAISS's own work aside: it is not charged for it."""
    index = faiss.IndexBinaryFlat(BITS)
    index.add(numpy.zeros((1, BYTES), numpy.uint8))
    query = numpy.full((1, BYTES), 255, numpy.uint8)
    return float(numpy.median([search(index, query, 31)[0] for _ in range(1001)]))


def main(setting, path):
    faiss.omp_set_num_threads(1)
    hashes = numpy.fromfile(path, numpy.uint8).reshape(-1, BYTES)
    call = call_us()
    before = resident_bytes()
    start = time.thread_time()
    index = empty_index(setting)
    index.add(hashes)
    sys.stdout.buffer.write(struct.pack("dd", time.thread_time() - start, resident_bytes() - before))
    sys.stdout.buffer.flush()
    del hashes
    while head := sys.stdin.buffer.read(8):
        count, radius = struct.unpack("II", head)
        queries = numpy.frombuffer(sys.stdin.buffer.read(count * BYTES), numpy.uint8).reshape(-1, BYTES)
        for number in range(count):
            us, positions, distances = search(index, queries[number : number + 1], radius)
            if number > 0:
                sys.stdout.buffer.write(struct.pack("dI", max(0, us - call), len(positions)))
                sys.stdout.buffer.write(positions.tobytes() + distances.tobytes())
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    if len(sys.argv) == 2 and sys.argv[1] == "version":
        print(faiss.__version__, faiss.get_compile_options())
    else:
        main(*sys.argv[1:])
