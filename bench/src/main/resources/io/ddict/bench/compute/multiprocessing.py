# Python's side of `ddict bench compute`. A line on the standard input is a round, its answer the nanoseconds.
import multiprocessing
import sys
import time


def plus_one(number):
    return number + 1


def serve_map(tasks, workers):
    numbers = list(range(tasks))
    wanted = [number + 1 for number in numbers]
    with multiprocessing.Pool(workers) as pool:
        print("ready", flush=True)
        for line in sys.stdin:
            begin = time.monotonic_ns()
            results = pool.map(plus_one, numbers, int(line))
            took = time.monotonic_ns() - begin
            print(took if results == wanted else "wrong", flush=True)


def messages(length):
    return [bytes([index]) + bytes(6) + bytes([length % 256]) + bytes(length - 8) for index in range(4)]


def is_right(message, index, length):
    return len(message) == length and message[0] == index % 4 and message[7] == length % 256


def take(orders, there, back):
    for kind, count, length in iter(orders.get, None):
        if kind == "trip":
            for _ in range(count):
                back.put(there.get())
        else:
            wrong = 0
            for index in range(count):
                wrong += not is_right(there.get(), index, length)
            back.put(wrong)


def stream(there, back, count, length):
    some = messages(length)
    begin = time.monotonic_ns()
    for index in range(count):
        there.put(some[index % 4])
    wrong = back.get()
    took = time.monotonic_ns() - begin
    return "wrong" if wrong else took


def trip(there, back, count, length):
    some = messages(length)
    times = []
    for index in range(count):
        begin = time.monotonic_ns()
        there.put(some[index % 4])
        answer = back.get()
        times.append(time.monotonic_ns() - begin)
        if not is_right(answer, index, length):
            return "wrong"
    times.sort()
    return f"{times[count // 2]} {times[count * 99 // 100]}"


def serve_queue():
    orders, there, back = multiprocessing.Queue(), multiprocessing.Queue(), multiprocessing.Queue()
    taker = multiprocessing.Process(target=take, args=(orders, there, back), daemon=True)
    taker.start()
    print("ready", flush=True)
    for line in sys.stdin:
        kind, count, length = line.split()
        order = (kind, int(count), int(length))
        orders.put(order)
        print((trip if kind == "trip" else stream)(there, back, *order[1:]), flush=True)
    orders.put(None)
    taker.join()


if __name__ == "__main__":
    if sys.argv[1] == "map":
        serve_map(int(sys.argv[2]), int(sys.argv[3]))
    else:
        serve_queue()
